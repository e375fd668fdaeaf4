import { beforeEach, describe, expect, test } from 'vitest'
import { PendingChanges, urgentPeriod } from '../src/pending-changes.ts'

const limits = { history: 100, maxClasses: 2 }

describe('changes of a résumé', () => {
  let changes: PendingChanges

  beforeEach(() => {
    changes = new PendingChanges()
    changes.clear(10, 1000)
  })

  test('are not due while there are none', () => {
    expect(changes.isDue(100, 5000, limits)).toBe(false)
  })

  test('are due a second after the last publication, or after so many requests', () => {
    changes.changed.add('a')
    expect(changes.isDue(10.9, 1099, limits)).toBe(false)
    expect(changes.isDue(11, 1000, limits)).toBe(true)
    expect(changes.isDue(10, 1100, limits)).toBe(true)
  })

  test('are due sooner if they are urgent, and at once if that is asked for', () => {
    changes.changed.add('a')
    changes.urge()
    expect(changes.isUrgent).toBe(true)
    expect(changes.isDue(10 + urgentPeriod / 2, 1000, limits)).toBe(false)
    expect(changes.isDue(10 + urgentPeriod, 1000, limits)).toBe(true)
    changes.urgeNow()
    expect(changes.isDue(10, 1000, limits)).toBe(true)
    changes.clear(11, 1000)
    expect(changes.isUrgent).toBe(false)
  })

  test('name a class as changed or as forgotten, and not as both', () => {
    changes.changed.add('a')
    changes.fade('a', limits)
    expect([[...changes.changed], [...changes.faded]]).toEqual([[], ['a']])
    changes.add('a')
    expect([...changes.faded]).toEqual([])
  })

  test('remember a limited number of forgotten classes, and are due when it is reached', () => {
    for (const name of ['a', 'b', 'c']) changes.fade(name, limits)
    expect([...changes.faded]).toEqual(['a', 'b'])
    expect(changes.isDue(10, 1000, limits)).toBe(true)
  })
})

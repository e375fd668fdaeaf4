import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ClassPresence, presenceTime } from '../src/class-presence.ts'

describe('room is kept', () => {
  test('for a minute after a request of any other class', () => {
    const names = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 20 })
    fc.assert(
      fc.property(names, fc.nat(100), (came, later) => {
        const presence = new ClassPresence()
        for (const [now, name] of came.entries()) presence.see(name, true, now)
        const now = came.length + later
        for (const name of ['a', 'b', 'c', 'd']) {
          const last = came.findLastIndex((other) => other !== name)
          const isNear = last >= 0 && now - last <= presenceTime
          expect(presence.hasOthers(name, true, now)).toBe(isNear)
        }
      }),
    )
  })

  test('from classes that were never served only for those that were', () => {
    const presence = new ClassPresence()
    presence.see('a', false, 0)
    presence.see('b', false, 0)
    expect(presence.hasOthers('b', false, 0)).toBe(false)
    presence.see('c', true, 0)
    expect(presence.hasOthers('b', false, 0)).toBe(true)
  })

  test('for classes that have come elsewhere', () => {
    const presence = new ClassPresence()
    presence.see('a', true, 0, true)
    expect(presence.hasOthers('a', true, presenceTime)).toBe(true)
    expect(presence.hasOthers('a', true, presenceTime + 1)).toBe(false)
    presence.see('b', false, 100, true)
    expect(presence.hasOthers('b', false, 100)).toBe(true)
  })

  test('from no class that has become known while it was alone', () => {
    const presence = new ClassPresence()
    presence.see('a', false, 0)
    presence.see('a', true, 1)
    expect(presence.hasOthers('a', true, 1)).toBe(false)
  })
})

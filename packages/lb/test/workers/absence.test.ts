import { ManualClock } from '@resumelb/common/testing'
import { describe, expect, test } from 'vitest'
import { Absence, absencePatience } from '../../src/workers/absence.ts'
import { reminderInterval } from '../../src/workers/trouble.ts'

function watch() {
  const clock = new ManualClock()
  const told: number[] = []
  return { clock, told, absence: new Absence(clock, (milliseconds) => told.push(milliseconds)) }
}

describe('Absence', () => {
  test('is told when it has lasted a moment, and again and again', async () => {
    const { clock, told } = watch()
    await clock.advance(absencePatience - 1)
    expect(told).toEqual([])
    await clock.advance(1 + 2 * reminderInterval)
    expect(told).toEqual([1_000, 31_000, 61_000])
  })

  test('that is shorter is not told', async () => {
    const { clock, told, absence } = watch()
    absence.end()
    absence.begin()
    await clock.advance(absencePatience / 2)
    absence.end()
    await clock.advance(reminderInterval)
    expect([told, clock.pending]).toEqual([[], 0])
  })

  test('lasts from when it began, however often it is seen', async () => {
    const { clock, told, absence } = watch()
    await clock.advance(absencePatience / 2)
    absence.begin()
    await clock.advance(absencePatience)
    expect(told).toEqual([1_000])
  })
})

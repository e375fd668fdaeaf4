import { expect, test } from 'vitest'
import { Reminder } from '../src/reminder.ts'
import { ManualClock } from '../src/testing/index.ts'

const patience = 1_000

function watch() {
  const clock = new ManualClock()
  const told: number[] = []
  const reminder = new Reminder(clock, patience, (milliseconds) => told.push(milliseconds))
  reminder.begin()
  return { clock, told, reminder }
}

test('a problem is logged when it has lasted a while, and every half minute', async () => {
  const { clock, told } = watch()
  await clock.advance(patience - 1)
  expect(told).toEqual([])
  await clock.advance(1 + 60_000)
  expect(told).toEqual([1_000, 31_000, 61_000])
})

test('a shorter problem is not logged', async () => {
  const { clock, told, reminder } = watch()
  reminder.end()
  reminder.begin()
  await clock.advance(patience / 2)
  reminder.end()
  await clock.advance(60_000)
  expect([told, clock.pending]).toEqual([[], 0])
})

test('a trouble lasts from when it began, however often it is seen', async () => {
  const { clock, told, reminder } = watch()
  await clock.advance(patience / 2)
  reminder.begin()
  await clock.advance(patience)
  expect(told).toEqual([1_000])
})

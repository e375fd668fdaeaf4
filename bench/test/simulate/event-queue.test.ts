import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventQueue } from '../../simulate/event-queue.ts'

test('the earliest event happens first, and of two at once the one added first', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
      const queue = new EventQueue()
      const happened: [time: number, order: number][] = []
      for (const [order, time] of times.entries()) {
        queue.at(time, () => happened.push([queue.now, order]))
      }
      queue.runUntil(21)
      const expected = times.map((time, order): [number, number] => [time, order])
      expect(happened).toEqual(expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]))
    }),
  )
})

test('what happens may add to what is still to happen', () => {
  const queue = new EventQueue()
  const ticks: number[] = []
  const tick = (): void => {
    ticks.push(queue.now)
    queue.after(1, tick)
  }
  tick()
  queue.runUntil(3.5)
  expect(ticks).toEqual([0, 1, 2, 3])
  expect(queue.now).toBe(3.5)
  expect(queue.size).toBe(1)
})

test('nothing happens in the past', () => {
  const queue = new EventQueue()
  queue.runUntil(5)
  let at = 0
  queue.at(1, () => {
    at = queue.now
  })
  queue.runUntil(6)
  expect(at).toBe(5)
})

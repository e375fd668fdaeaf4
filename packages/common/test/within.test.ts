import { describe, expect, test } from 'vitest'
import { ManualClock } from '../src/testing/index.ts'
import { within } from '../src/within.ts'

const never = new Promise<void>(() => undefined)

/** What has become of a promise. */
function outcomeOf(promise: Promise<boolean>): { is: unknown } {
  const outcome: { is: unknown } = { is: 'pending' }
  promise.then(
    (value) => {
      outcome.is = value
    },
    (error: Error) => {
      outcome.is = error.message
    },
  )
  return outcome
}

describe('within', () => {
  test('is false at the timeout, and not before', async () => {
    const clock = new ManualClock()
    const outcome = outcomeOf(within(100, never, clock))
    await clock.advance(99)
    expect(outcome.is).toBe('pending')
    await clock.advance(1)
    expect(outcome.is).toBe(false)
  })

  test('is true as soon as the promise has resolved, and leaves no timer', async () => {
    const clock = new ManualClock()
    expect(await within(100, Promise.resolve(), clock)).toBe(true)
    expect(clock.pending).toBe(0)
  })

  test('rejects as the promise does, and leaves no timer', async () => {
    const clock = new ManualClock()
    await expect(within(100, Promise.reject(new Error('no')), clock)).rejects.toThrow('no')
    expect(clock.pending).toBe(0)
  })

  test('handles a rejection that comes too late', async () => {
    const clock = new ManualClock()
    let fail: (error: Error) => void = () => undefined
    const late = new Promise<void>((_resolve, reject) => {
      fail = reject
    })
    const outcome = outcomeOf(within(100, late, clock))
    await clock.advance(100)
    fail(new Error('too late'))
    await clock.advance(1)
    expect(outcome.is).toBe(false)
  })
})

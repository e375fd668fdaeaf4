import { beforeEach, describe, expect, test } from 'vitest'
import { AwakeClock, awakeClockOf } from '../src/awake-clock.ts'
import { ManualClock } from '../src/testing/index.ts'

describe('AwakeClock', () => {
  let clock: ManualClock
  let awake: AwakeClock

  beforeEach(() => {
    clock = new ManualClock()
    awake = new AwakeClock(clock)
  })

  test('goes as its clock does while the event loop runs', async () => {
    const rung: number[] = []
    awake.after(1000, () => rung.push(clock.now()))
    await clock.advance(5000)
    expect(rung).toEqual([1000])
    expect(awake.now()).toBe(5000)
  })

  test('lets no deadline pass while the event loop stands still', async () => {
    const rung: number[] = []
    awake.after(1000, () => rung.push(clock.now()))
    await clock.advance(400)
    clock.standStill(20_000)
    await clock.advance(0)
    expect(rung).toEqual([])
    // A look was due after 100 ms: so much of the gap counts.
    expect(awake.now()).toBe(500)
    await clock.advance(500)
    expect(rung).toEqual([20_900])
  })

  test('goes on, slowly, when the event loop stands still again and again', async () => {
    let hasRung = false
    awake.after(1000, () => {
      hasRung = true
    })
    for (let count = 0; count < 20 && !hasRung; count++) {
      clock.standStill(500)
      await clock.advance(0)
    }
    expect(hasRung).toBe(true)
  })

  test('says for a while that there is something to catch up with', async () => {
    awake.after(60_000, () => undefined)
    await clock.advance(1000)
    expect(awake.isCatchingUp).toBe(false)
    clock.standStill(6000)
    expect(awake.isCatchingUp).toBe(true)
    await clock.advance(1000)
    expect(awake.isCatchingUp).toBe(false)
  })

  test('does not take time in which no callback was waiting', async () => {
    await clock.advance(60_000)
    expect(awake.now()).toBe(60_000)
    expect(awake.isCatchingUp).toBe(false)
    await clock.advance(60_000)
    let rungAt = 0
    awake.after(10, () => {
      rungAt = awake.now()
    })
    await clock.advance(10)
    expect(rungAt).toBe(120_010)
  })

  test('leaves no timer behind when everything is called off or has rung', async () => {
    const cancel = awake.after(500, () => undefined)
    awake.after(300, () => undefined)
    await clock.advance(400)
    cancel()
    cancel()
    expect(clock.pending).toBe(0)
  })

  test('is one for each clock', () => {
    expect(awakeClockOf(clock)).toBe(awakeClockOf(clock))
    expect(awakeClockOf(new ManualClock())).not.toBe(awakeClockOf(clock))
  })
})

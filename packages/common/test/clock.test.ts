import { describe, expect, test } from 'vitest'
import { systemClock } from '../src/clock.ts'

describe('systemClock', () => {
  test('never runs backwards', () => {
    let last = systemClock.now()
    for (let i = 0; i < 1000; i++) {
      const now = systemClock.now()
      expect(now).toBeGreaterThanOrEqual(last)
      last = now
    }
  })

  test('calls back once, unless it is called off', async () => {
    const called: string[] = []
    const cancel = systemClock.after(1, () => called.push('called off'))
    cancel()
    await new Promise<void>((resolve) => {
      systemClock.after(5, () => {
        called.push('called')
        resolve()
      })
      // The clock's own timers do not keep a process alive.
      const alive = setTimeout(() => undefined, 10_000)
      systemClock.after(20, () => clearTimeout(alive))
    })
    expect(called).toEqual(['called'])
  })
})

import { ManualClock } from '@resumelb/common/testing'
import { describe, expect, test } from 'vitest'
import { silentLogger } from '../../src/index.ts'
import { WarmUp } from '../../src/warm-up/warm-up.ts'

/** Steps that last until the test ends them, by name. */
function setUp(names: readonly string[], { concurrency = 1, timeout = 60_000 } = {}) {
  const clock = new ManualClock()
  const running = new Map<string, { end(): void; fail(): void; signal: AbortSignal }>()
  const logged: string[] = []
  const note = (facts: Record<string, unknown>, message: string) => {
    logged.push(`${message} ${JSON.stringify(facts)}`)
  }
  const steps = names.map((requestClass) => ({
    requestClass,
    warm: (signal: AbortSignal) =>
      new Promise<void>((end, reject) => {
        running.set(requestClass, { end, fail: () => reject(new Error('boom')), signal })
      }),
  }))
  const log = { ...silentLogger, info: note, warn: note }
  const warmUp = new WarmUp(steps, { concurrency, timeout }, { log, clock })
  let isOver = false
  const over = warmUp.run().then(() => {
    isOver = true
  })
  return { clock, running, logged, warmUp, over, isOver: () => isOver }
}

describe('a warm-up', () => {
  test('warms up the classes in order, so many at once', async () => {
    const { clock, running, warmUp, over } = setUp(['a', 'b', 'c'], { concurrency: 2 })
    expect([...running.keys()]).toEqual(['a', 'b'])
    running.get('b')?.end()
    await clock.advance(0)
    expect([...running.keys()]).toEqual(['a', 'b', 'c'])
    expect(warmUp.progress).toEqual({ done: 1, total: 3 })
    running.get('a')?.end()
    running.get('c')?.end()
    await over
    expect(clock.pending).toBe(0)
  })

  test('counts and logs failures, and goes on', async () => {
    const { clock, running, logged, over } = setUp(['a', 'b'])
    running.get('a')?.fail()
    await clock.advance(0)
    running.get('b')?.end()
    await over
    expect(logged[1]).toBe(
      'a class could not be warmed up {"requestClass":"a","reason":"Error: boom"}',
    )
    expect(logged[2]).toBe('warmed up {"done":2,"total":2,"failed":1,"seconds":0}')
  })

  test('ends when its time is over, and says so', async () => {
    const { clock, running, logged, isOver } = setUp(['a', 'b', 'c', 'd', 'e', 'f'], {
      timeout: 1000,
    })
    await clock.advance(999)
    expect(isOver()).toBe(false)
    await clock.advance(1)
    expect([isOver(), running.has('f')]).toEqual([true, false])
    expect(logged.at(-1)).toContain('warm-up not finished in time')
  })

  test('gives up a class after a quarter of the time', async () => {
    const { clock, running, logged } = setUp(['a', 'b'], { timeout: 1000 })
    await clock.advance(250)
    expect([running.get('a')?.signal.aborted, running.has('b')]).toEqual([true, true])
    expect(logged.at(-1)).toContain('not warm after 0.25 s')
  })

  test('ends at once when it is stopped', async () => {
    const { clock, running, warmUp, over } = setUp(['a', 'b'])
    warmUp.stop()
    await over
    expect([running.get('a')?.signal.aborted, running.has('b')]).toEqual([true, false])
    expect(clock.pending).toBe(0)
  })

  test('uses each class once more, the first one last, so that it stays in a small cache', async () => {
    const used: string[] = []
    const steps = ['a', 'b', 'c'].map((requestClass) => ({
      requestClass,
      warm: async () => void used.push(requestClass),
      touch: async () => void used.push(`${requestClass} again`),
    }))
    const context = { log: silentLogger, clock: new ManualClock() }
    await new WarmUp(steps, { concurrency: 1, timeout: 1000 }, context).run()
    expect(used).toEqual(['a', 'b', 'c', 'c again', 'b again', 'a again'])
  })

  test('reports its progress every ten seconds', async () => {
    const { clock, running, logged } = setUp(['a', 'b'])
    await clock.advance(10_000)
    running.get('a')?.end()
    await clock.advance(10_000)
    expect(logged).toEqual([
      'warming up {"classes":2}',
      'still warming up {"done":0,"total":2,"failed":0,"seconds":10}',
      'still warming up {"done":1,"total":2,"failed":0,"seconds":20}',
    ])
  })
})

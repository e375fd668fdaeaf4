import { ManualClock, settle } from '@resumelb/common/testing'
import { describe, expect, test } from 'vitest'
import { ZooKeeperError } from '../src/errors.ts'
import { Reconciler } from '../src/reconciler.ts'

function setUp(aim: (run: number) => Promise<void> | void) {
  const clock = new ManualClock()
  const runs: number[] = []
  const warnings: string[] = []
  const state = { mayRun: true }
  const pursuit = new Reconciler(
    async () => {
      runs.push(clock.now())
      await aim(runs.length)
    },
    {
      mayRun: () => state.mayRun,
      longestPause: () => 300,
      warn: (error) => warnings.push(error.message),
      clock,
    },
  )
  return { clock, runs, warnings, state, pursuit }
}

const failUntil = (last: number) => (run: number) => {
  if (run < last) throw new Error('no luck')
}

describe('Reconciler', () => {
  test('runs once if that is enough', async () => {
    const { clock, runs, pursuit } = setUp(() => undefined)
    pursuit.wake()
    await clock.advance(10_000)
    expect(runs).toEqual([0])
    expect(clock.pending).toBe(0)
  })

  test('tries again after growing pauses, up to a limit', async () => {
    const { clock, runs, pursuit } = setUp(failUntil(6))
    pursuit.wake()
    await clock.advance(10_000)
    expect(runs).toEqual([0, 50, 150, 350, 650, 950])
    expect(clock.pending).toBe(0)
  })

  test('runs once more if it is woken during a run, however often', async () => {
    const doors: (() => void)[] = []
    const { runs, pursuit } = setUp(() => new Promise<void>((open) => doors.push(open)))
    pursuit.wake()
    for (let wake = 0; wake < 5; wake++) pursuit.wake()
    await settle()
    expect(runs).toHaveLength(1)
    doors[0]?.()
    await settle()
    expect(runs).toHaveLength(2)
    doors[1]?.()
    await settle()
    expect(runs).toHaveLength(2)
  })

  test('ends a pause when it is woken', async () => {
    const { clock, runs, pursuit } = setUp(failUntil(3))
    pursuit.wake()
    await clock.advance(10)
    pursuit.wake()
    await clock.advance(10_000)
    expect(runs).toEqual([0, 10, 110])
  })

  test('waits to be woken when a run has no chance', async () => {
    const { clock, runs, warnings, state, pursuit } = setUp(failUntil(2))
    state.mayRun = false
    pursuit.wake()
    await clock.advance(10_000)
    expect(runs).toEqual([])
    state.mayRun = true
    pursuit.wake()
    await settle()
    state.mayRun = false
    await clock.advance(10_000)
    expect(runs).toEqual([10_000])
    expect(warnings).toEqual(['no luck'])
  })

  test('reports a reason once, and again after half a minute', async () => {
    const { clock, warnings, pursuit } = setUp(failUntil(Number.POSITIVE_INFINITY))
    pursuit.wake()
    await clock.advance(29_000)
    expect(warnings).toHaveLength(1)
    await clock.advance(2000)
    expect(warnings).toHaveLength(2)
    pursuit.stop()
    expect(clock.pending).toBe(0)
  })

  test('does not report lost connections, which are reported elsewhere', async () => {
    const { clock, runs, warnings, pursuit } = setUp((run) => {
      if (run === 1) throw new ZooKeeperError('CONNECTION_LOSS', 'gone')
    })
    pursuit.wake()
    await clock.advance(1000)
    expect(runs).toHaveLength(2)
    expect(warnings).toEqual([])
  })

  test('never runs after it was stopped', async () => {
    const { clock, runs, pursuit } = setUp(failUntil(5))
    pursuit.wake()
    await clock.advance(60)
    pursuit.stop()
    pursuit.wake()
    await clock.advance(10_000)
    expect(runs).toEqual([0, 50])
  })
})

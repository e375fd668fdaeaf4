import { describe, expect, test } from 'vitest'
import { type CrashVictim, CrashWatch, maxApartTime } from '../../src/proxy/crash-watch.ts'
import { CrashSimulation } from './crash-simulation.ts'

const field = { ready: ['w2', 'w3', 'w4'], total: 4, others: 10 }

/** Requests are named by their class and a number: `a1`. */
function crash(watch: CrashWatch<string, string>, requests: string, now: number, age = 10) {
  const victims = requests.split(' ').map((request): CrashVictim<string> => {
    const isRepeat = watch.isTried(request)
    return { request, requestClass: request[0] ?? '', mayRepeat: true, isRepeat, age }
  })
  const { verdicts, convicted } = watch.onCrash(victims, () => false, now)
  return { convicted, fates: verdicts.map(({ request, fate }) => `${request} ${fate}`) }
}

/** Tries what may be tried, each at the first worker that it need not avoid. */
function tryNext(watch: CrashWatch<string, string>, now: number, at = field) {
  const tried: string[] = []
  for (const { request, avoid } of watch.next(at, now)) {
    const worker = at.ready.find((each) => !avoid.has(each))
    if (worker === undefined) continue
    watch.assigned(request, request[0] ?? '', worker, now)
    tried.push(`${request} ${worker}`)
  }
  return tried
}

describe('requests of a crashed worker', () => {
  test('are repeated one at a time on a worker, while one worker is kept free', () => {
    const watch = new CrashWatch<string, string>()
    expect(crash(watch, 'a1 b1 c1', 0).fates).toEqual(['a1 held', 'b1 held', 'c1 held'])
    expect(tryNext(watch, 0)).toEqual(['a1 w2', 'b1 w3'])
    watch.ended('a1', true)
    expect(tryNext(watch, 50)).toEqual(['c1 w2'])
  })

  test('are repeated one at a time of a class', () => {
    const watch = new CrashWatch<string, string>()
    crash(watch, 'a1 a2 b1', 0)
    expect(tryNext(watch, 0)).toEqual(['a1 w2', 'b1 w3'])
    watch.ended('a1', true)
    expect(tryNext(watch, 0)).toEqual(['a2 w2'])
  })

  test('are repeated at once, but for the guilty class, when the cause is found', () => {
    const watch = new CrashWatch<string, string>()
    crash(watch, 'a1 b1 c1 a2', 0)
    tryNext(watch, 0)
    const { convicted, fates } = crash(watch, 'a1 d1', 10)
    expect(convicted).toBe('a')
    expect(fates).toEqual(['a1 lostTwice', 'd1 again', 'c1 released', 'a2 lost'])
  })

  test('of a convicted class are not repeated', () => {
    const watch = new CrashWatch<string, string>()
    crash(watch, 'a1', 0)
    tryNext(watch, 0)
    crash(watch, 'a1', 10)
    expect(crash(watch, 'a3 e1', 20).fates).toEqual(['a3 lost', 'e1 again'])
  })

  test('share workers when they have been held for long, but leave one free', () => {
    const watch = new CrashWatch<string, string>()
    crash(watch, 'a1 b1 c1 d1 e1', 0, 60_000)
    expect(tryNext(watch, 0)).toHaveLength(2)
    expect(tryNext(watch, maxApartTime - 1)).toEqual([])
    expect(tryNext(watch, maxApartTime)).toEqual(['c1 w2', 'd1 w2', 'e1 w2'])
  })

  test('count as harmless when they have run longer than until the crash', () => {
    const watch = new CrashWatch<string, string>()
    crash(watch, 'a1 b1 c1', 0, 4_000)
    tryNext(watch, 0)
    const pair = { ...field, ready: ['w2', 'w3'] }
    expect(tryNext(watch, 1_999, pair)).toEqual([])
    expect(watch.expired(60_000, 6_000)).toEqual([])
    expect(tryNext(watch, 6_000, pair)).toEqual(['c1 w2'])
  })

  test('do not go to the last worker while others need it, and are lost in the end', () => {
    const watch = new CrashWatch<string, string>()
    const last = { ...field, ready: ['w2'] }
    crash(watch, 'a1 b1', 0)
    expect(tryNext(watch, 9_999, last)).toEqual([])
    expect(watch.expired(10_000, 10_000)).toEqual(['a1', 'b1'])
  })

  test('go to the last worker if nothing else needs it, or if it is the only one', () => {
    const watch = new CrashWatch<string, string>()
    crash(watch, 'a1 b1', 0)
    expect(tryNext(watch, 0, { ready: ['w2'], total: 4, others: 2 })).toEqual(['a1 w2'])
    const only = new CrashWatch<string, string>()
    crash(only, 'a1 b1', 0)
    expect(tryNext(only, 0, { ready: ['w1'], total: 1, others: 9 })).toEqual(['a1 w1'])
  })
})

describe('a request that is not held', () => {
  const convicted = () => {
    const watch = new CrashWatch<string, string>()
    crash(watch, 'a1', 0)
    crash(watch, 'a2', 0)
    return watch
  }

  test('goes to any worker, unless its class is convicted', () => {
    expect(convicted().avoid('b', () => field, 1)).toBeUndefined()
  })

  test('of a convicted class leaves one ready worker without any', () => {
    const watch = convicted()
    const pair = { ...field, ready: ['w2', 'w3'] }
    expect(watch.avoid('a', () => pair, 1)).toEqual(new Set())
    watch.assigned('a3', 'a', 'w2', 1)
    expect(watch.avoid('a', () => pair, 2)).toEqual(new Set(['w3']))
    const last = { ...field, ready: ['w3'] }
    expect(watch.avoid('a', () => last, 2)).toBe('refused')
  })
})

describe('12 workers of 100 classes, one of which crashes workers,', () => {
  const base = { workers: 12, classes: 100, poisonClasses: 1, rate: 400 }
  const times = { duration: 20_000, restartTime: 5_000, serviceTime: 50 }

  test.for([1, 2, 3])(
    'lose no harmless request, and two workers at most to each other one (seed %i)',
    (seed) => {
      const result = new CrashSimulation({ ...base, ...times, seed, poisonRate: 2 }).run()
      expect(result.innocent).toBeGreaterThan(5_000)
      expect(result.innocentLost).toBe(0)
      expect(result.poison).toBeGreaterThan(10)
      expect(result.mostCrashes).toBeLessThanOrEqual(2)
      expect(result.slowest).toBeLessThan(2_000)
    },
  )

  test('are never all down, however many such requests come', () => {
    const result = new CrashSimulation({ ...base, ...times, seed: 4, poisonRate: 50 }).run()
    expect(result.fewestReady).toBeGreaterThanOrEqual(1)
    expect(result.mostCrashes).toBeLessThanOrEqual(2)
  })
})

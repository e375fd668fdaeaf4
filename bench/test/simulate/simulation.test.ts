import { describe, expect, test } from 'vitest'
import type { Result } from '../../simulate/metrics.ts'
import { policyNamed } from '../../simulate/policies.ts'
import type { Incident, Load, Scenario, Site } from '../../simulate/scenario.ts'
import { baseSite } from '../../simulate/scenarios.ts'
import { simulate } from '../../simulate/simulation.ts'

const open: Load = { kind: 'open', load: 0.5 }

function run(policy: string, load: Load, site: Partial<Site> = {}, incidents: Incident[] = []) {
  const scenario: Scenario = {
    name: 'test',
    site: { ...baseSite, workers: 4, classes: 40, cacheShare: 0.3, ...site },
    load,
    warmUp: 5,
    measured: 5,
    incidents,
    recoveredBelow: 0.03,
    kind: 'event',
  }
  return (seed = 1): Result => simulate(scenario, policyNamed(policy), seed)
}

test.each(['cost', 'classic', 'classless', 'omniscient'])(
  'the same seed gives the same result, another one another: %s',
  (policy) => {
    const simulateIt = run(policy, open)
    expect(simulateIt(1)).toEqual(simulateIt(1))
    expect(simulateIt(1).mean).not.toBe(simulateIt(2).mean)
  },
)

test('workers without a queue answer in warm time plus two messages where all hit', () => {
  const { mean, p50, hitRate } = run('classless', { kind: 'closed', users: 1 }, { touches: 0 })()
  expect(hitRate).toBe(1)
  expect(mean).toBeCloseTo(0.0054, 4)
  expect(p50).toBeCloseTo(0.0054, 4)
})

test('a closed loop with users enough keeps all workers busy', () => {
  const { goodput, imbalance } = run('classless', { kind: 'closed', users: 20 }, { touches: 0 })()
  expect(goodput / (4 / 0.005)).toBeGreaterThan(0.97)
  expect(imbalance).toBeCloseTo(1, 1)
})

test('an open loop brings what its load says, whatever becomes of it', () => {
  const { goodput } = run('all hits', open)()
  expect(goodput / (0.5 * 800)).toBeGreaterThan(0.9)
  expect(goodput / (0.5 * 800)).toBeLessThan(1.1)
})

test('what has not been answered at the end counts with its age', () => {
  const { goodput, mean } = run('classless', { kind: 'open', load: 3 }, { touches: 0 })()
  expect(goodput / 800).toBeGreaterThan(0.97)
  expect(mean).toBeGreaterThan(1)
})

test('asynchronous handlers share one processor', () => {
  const site: Partial<Site> = { handlers: 'asynchronous', slots: 32, touches: 0 }
  const { goodput } = run('classless', { kind: 'closed', users: 200 }, site)()
  expect(goodput / 800).toBeGreaterThan(0.97)
  expect(goodput / 800).toBeLessThan(1.03)
})

describe('incidents', () => {
  const quiet = run('classless', open, { touches: 0 })()
  const workers = [0]
  const incidents: Incident[] = [
    { at: 6, kind: 'restart', workers, downFor: 1, keepsResume: true },
    { at: 6, kind: 'kill', workers, downFor: 1 },
    { at: 6, kind: 'fail', workers, seconds: 1 },
    { at: 6, kind: 'hang', workers, seconds: 1 },
    { at: 6, kind: 'speed', workers, factor: 0.5 },
    { at: 6, kind: 'join', workers: 1 },
    { at: 6, kind: 'balancer restart', balancer: 0 },
    { at: 6, kind: 'shuffle' },
    { at: 6, kind: 'drift', swaps: 3 },
  ]

  test.each(incidents)('lose no request: $kind', (incident) => {
    const { goodput } = run('classless', open, { touches: 0, balancers: 2 }, [incident])()
    expect(goodput / quiet.goodput).toBeGreaterThan(0.95)
  })

  test('recovery is the time until the mean latency stays low', () => {
    const hang: Incident = { at: 6, kind: 'hang', workers: [0, 1, 2, 3], seconds: 1.5 }
    const { recovery, timeline } = run('classless', open, { touches: 0 }, [hang])()
    expect(timeline[6]!.meanLatency).toBeGreaterThan(0.03)
    expect(recovery).toBeGreaterThanOrEqual(2)
    expect(recovery).toBeLessThanOrEqual(4)
    expect(quiet.recovery).toBeUndefined()
  })
})

/** The other workers have room for the classes of one that is away. */
const roomy: Partial<Site> = { cacheShare: 0.5, classes: 20 }
const replaying: Partial<Site> = { ...roomy, restarts: 'replay' }

test('a worker that hands its classes over and replays meets fewer cold caches', () => {
  const incident = { at: 5, kind: 'restart', workers: [0], downFor: 1 } as const
  const cold = run('cost', open, roomy, [{ ...incident, keepsResume: false }])()
  const warm = run('cost', open, replaying, [{ ...incident, keepsResume: true }])()
  expect(warm.hitRate).toBeGreaterThan(cold.hitRate)
})

test('workers restart one after the other, each when the one before is ready', () => {
  const workers = [0, 1]
  const incident = { at: 5, kind: 'rolling restart', workers, downFor: 0.5, every: 1 } as const
  const { goodput } = run('cost', open, replaying, [{ ...incident, keepsResume: true }])()
  expect(goodput / (0.5 * 800)).toBeGreaterThan(0.9)
})

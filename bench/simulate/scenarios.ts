/** What is simulated. Each scenario differs from the base site in what its name says. */
import type { Incident, Load, Neighbour, Scenario, Site } from './scenario.ts'

/** Twelve workers that together hold 1.2 times what all classes need; 5 ms warm, 43 ms cold. */
export const baseSite: Site = {
  workers: 12,
  slots: 1,
  speeds: [1],
  handlers: 'blocking',
  classes: 120,
  popularity: { kind: 'zipf', exponent: 0.9 },
  hotShare: undefined,
  objects: 20,
  touches: 4,
  touchPattern: 'uniform',
  cacheShare: 0.1,
  warmSeconds: 0.005,
  missSeconds: 0.0095,
  classCosts: [1],
  noise: { kind: 'none' },
  delay: 0.0002,
  balancers: 1,
  measuredBy: 'workers',
  turns: 'fair',
  maxClassShare: 0.75,
  coldLoadTimeout: 5,
  restarts: 'cold',
}

/** Each cache holds three tenths of all objects: room to have a class on several workers. */
const spareCache: Partial<Site> = { workers: 8, slots: 4, cacheShare: 0.3, missSeconds: 0.02375 }

/** All caches together hold six tenths of the objects. */
const smallCaches: Partial<Site> = { cacheShare: 0.05 }

/**
 * As `npm run compare` has it: each of 8 caches holds a sixth of the classes, which have one object
 * each; 10 ms warm, 200 ms cold.
 */
const tenants: Partial<Site> = {
  ...{ workers: 8, slots: 4, classes: 48, popularity: { kind: 'zipf', exponent: 1 } },
  ...{ objects: 1, touches: 1, cacheShare: 1 / 6, warmSeconds: 0.01, missSeconds: 0.19 },
}

interface Extra extends Partial<Site> {
  readonly warmUp?: number
  readonly measured?: number
}

function steady(name: string, load: Load, extra: Extra = {}): Scenario {
  const { warmUp = 20, measured = 20, ...site } = extra
  return {
    name,
    site: { ...baseSite, ...site },
    load,
    warmUp,
    measured,
    incidents: [],
    recoveredBelow: undefined,
    kind: 'steady',
  }
}

const closed = (users: number): Load => ({ kind: 'closed', users })
const open = (load: number): Load => ({ kind: 'open', load })

/** When incidents begin: by then every policy has found its way, or will not. */
const eventAt = 25

function event(name: string, load: number, incidents: readonly Incident[], extra: Extra = {}) {
  return {
    ...steady(name, open(load), { warmUp: eventAt, measured: 30, ...extra }),
    incidents,
    recoveredBelow: 0.03,
    kind: 'event',
  } satisfies Scenario
}

function allCold(name: string, extra: Extra = {}): Scenario {
  return {
    ...steady(name, open(0.7), { warmUp: 0, measured: 40, ...extra }),
    // Nothing befalls them: the incident only says from when on recovery is counted.
    incidents: [{ at: 0, kind: 'drift', swaps: 0 }],
    recoveredBelow: 0.03,
    kind: 'event',
  }
}

const everyWorker = Array.from({ length: baseSite.workers }, (_, i) => i)

const closedLoops: readonly Scenario[] = [
  steady('closed, 24 users', closed(24)),
  steady('closed, 48 users', closed(48)),
  steady('closed, 120 users', closed(120)),
  steady('closed 48, one hot class', closed(48), { hotShare: 0.3 }),
  steady('closed 48, noisy service times', closed(48), { noise: { kind: 'exponential' } }),
  steady('closed 48, geometric classes', closed(48), {
    popularity: { kind: 'geometric', ratio: 0.97 },
  }),
  steady("zc.resumelb's simulation, four times", closed(48), {
    workers: 8,
    classes: 160,
    popularity: { kind: 'uniform' },
    objects: 1000,
    touches: 100,
    touchPattern: 'bell',
    cacheShare: 0.125,
    warmSeconds: 0.01,
    missSeconds: 0.01,
    warmUp: 120,
    measured: 120,
  }),
  steady('closed 64, 8 workers of 4 slots, spare cache, cold 20 x', closed(64), spareCache),
  steady('closed 128, 8 workers of 4 slots, spare cache, cold 20 x', closed(128), spareCache),
  steady('closed 48, 4 balancers', closed(48), { balancers: 4 }),
  steady('closed 48, 4 balancers that measure', closed(48), measuring(4)),
]

/** Balancers of plain HTTP servers: each knows what it has seen. */
function measuring(balancers: number): Partial<Site> {
  return { balancers, measuredBy: 'balancers' }
}

const openLoops: readonly Scenario[] = [
  steady('load 0.3', open(0.3)),
  steady('load 0.6', open(0.6)),
  steady('load 0.8', open(0.8)),
  steady("hot class, 2.5 workers' worth, load 0.6", open(0.6), { hotShare: 2.5 / (0.6 * 12) }),
  steady('caches too small, load 0.4', open(0.4), smallCaches),
  steady('48 workers, 600 classes, load 0.6', open(0.6), {
    workers: 48,
    classes: 600,
    cacheShare: 0.025,
    measured: 10,
  }),
  steady('100,000 tiny classes, load 0.4', open(0.4), {
    classes: 100_000,
    objects: 1,
    touches: 1,
    missSeconds: 0.005,
    warmUp: 40,
  }),
  steady('cheap and dear classes, load 0.6', open(0.6), {
    classCosts: [1, 1, 1, 1, 1, 1, 1, 1, 1, 10],
    warmUp: 40,
    measured: 40,
  }),
  steady('geometric classes, load 0.6', open(0.6), {
    popularity: { kind: 'geometric', ratio: 0.97 },
  }),
  steady('heavy tails: lognormal, load 0.6', open(0.6), {
    noise: { kind: 'lognormal', sigma: 1 },
  }),
  steady('heavy tails: 5 % take 20 x, load 0.5', open(0.5), {
    noise: { kind: 'tail', share: 0.05, factor: 20 },
  }),
  steady('caching hardly matters, load 0.6', open(0.6), { missSeconds: 0.00025 }),
  steady('no cache at all, load 0.6', open(0.6), { touches: 0 }),
  steady('no cache at all, load 0.8', open(0.8), { touches: 0 }),
  steady('one class, load 0.8', open(0.8), { classes: 1, cacheShare: 1 }),
  steady('all fits everywhere, load 0.8', open(0.8), { cacheShare: 1, warmUp: 40 }),
  steady('10 small classes fit everywhere, load 0.8', open(0.8), {
    classes: 10,
    cacheShare: 1,
    warmUp: 120,
  }),
  steady('workers of three speeds, load 0.6', open(0.6), { speeds: [0.5, 1, 1.5] }),
  steady('4 slots a worker, load 0.6', open(0.6), { slots: 4, measured: 10 }),
  steady('asynchronous handlers, load 0.8', open(0.8), { slots: 32, handlers: 'asynchronous' }),
  steady('2 balancers, load 0.6', open(0.6), { balancers: 2 }),
  steady('4 balancers, load 0.6', open(0.6), { balancers: 4 }),
  steady('4 balancers, load 0.8', open(0.8), { balancers: 4 }),
  steady('1 balancer that measures, load 0.6', open(0.6), measuring(1)),
  steady('2 balancers that measure, load 0.6', open(0.6), measuring(2)),
  steady('4 balancers that measure, load 0.6', open(0.6), measuring(4)),
  steady('4 balancers that measure, load 0.8', open(0.8), measuring(4)),
  steady('slow messages (5 ms), load 0.6', open(0.6), { delay: 0.005 }),
  {
    ...steady('popularity drifts, load 0.6', open(0.6), { measured: 30 }),
    incidents: Array.from({ length: 50 }, (_, i) => ({ at: i, kind: 'drift', swaps: 60 })),
  },
]

const restart = { kind: 'restart', downFor: 2 } as const

/** One worker after the other, when the one before is ready, but not within so many seconds. */
function rolling(workers: number, every: number): Incident {
  return {
    ...{ at: eventAt, kind: 'rolling restart', downFor: 2, every, keepsResume: true },
    workers: everyWorker.slice(0, workers),
  }
}

/** Workers with `--warm-up replay`. */
const replay: Partial<Site> = { restarts: 'replay' }

const oneRestart: readonly Incident[] = [
  { at: eventAt, ...restart, workers: [0], keepsResume: true },
]

const events: readonly Scenario[] = [
  event('one worker restarts cold', 0.6, [
    { at: eventAt, ...restart, workers: [0], keepsResume: false },
  ]),
  event('one worker restarts with its résumé file', 0.6, [
    { at: eventAt, ...restart, workers: [0], keepsResume: true },
  ]),
  event('one worker restarts, and replays', 0.6, oneRestart, replay),
  event(
    'all 12 restart, one every 4 s',
    0.6,
    everyWorker.map((i) => ({
      at: eventAt + 4 * i,
      ...restart,
      workers: [i],
      keepsResume: false,
    })),
    { measured: 75 },
  ),
  event('all 12 restart and replay', 0.6, [rolling(12, 4)], { ...replay, measured: 90 }),
  event('8 workers of 4 slots restart and replay, load 0.45', 0.45, [rolling(8, 1.4)], {
    ...tenants,
    ...replay,
    measured: 60,
  }),
  event('one worker is killed', 0.6, [{ at: eventAt, kind: 'kill', workers: [0], downFor: 2 }]),
  event('scale-out from 12 to 16 at load 0.85', 0.85, [{ at: eventAt, kind: 'join', workers: 4 }]),
  event('two workers become 5 x slower', 0.6, [
    { at: eventAt, kind: 'speed', workers: [0, 1], factor: 0.2 },
  ]),
  event('a worker hangs for 5 s', 0.6, [{ at: eventAt, kind: 'hang', workers: [0], seconds: 5 }]),
  event('a worker fails fast for 10 s', 0.6, [
    { at: eventAt, kind: 'fail', workers: [0], seconds: 10 },
  ]),
  event('the balancer restarts', 0.6, [{ at: eventAt, kind: 'balancer restart', balancer: 0 }]),
  event('popularity is reshuffled', 0.6, [{ at: eventAt, kind: 'shuffle' }]),
  event(
    'a worker restarts, 4 balancers',
    0.6,
    [{ at: eventAt, ...restart, workers: [0], keepsResume: false }],
    { balancers: 4 },
  ),
  event('a worker restarts and replays, 4 balancers', 0.6, oneRestart, {
    ...replay,
    balancers: 4,
  }),
  event('all 12 restart and replay, 4 balancers', 0.6, [rolling(12, 4)], {
    ...replay,
    balancers: 4,
    measured: 90,
  }),
  event('popularity is reshuffled, 4 balancers', 0.6, [{ at: eventAt, kind: 'shuffle' }], {
    balancers: 4,
  }),
  allCold('all workers are cold, load 0.7'),
  allCold('all workers are cold, 4 balancers', { balancers: 4 }),
]

/** One tenant, alone and beside another one that is not counted. */
const isolation: readonly Scenario[] = [1, 4].flatMap((slots) => {
  const workers = slots === 1 ? '12 workers of 1 slot' : `12 workers of ${slots} slots`
  const tenant = steady(`a tenant alone, ${workers}`, open(0.2 / (12 * slots)), {
    slots,
    classes: 1,
    cacheShare: 1,
    measured: 100,
  })
  const beside = (what: string, neighbour: Neighbour): Scenario => {
    return { ...tenant, name: `a tenant beside one ${what}, ${workers}`, neighbour }
  }
  return [
    tenant,
    beside('with 200 requests open', { open: 200, seconds: 0.005 }),
    beside('whose requests take 60 s', { open: 200, seconds: 60 }),
  ]
})

export const scenarios: readonly Scenario[] = [
  ...closedLoops,
  ...openLoops,
  ...events,
  ...isolation,
]

/** For the chart of latency by load. */
export const loadSweep: readonly Scenario[] = [
  0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95,
].map((load) => steady(`sweep ${load}`, open(load)))

/** With several balancers, and the same with one. */
export const balancerPairs: readonly (readonly [several: string, one: string])[] = [
  ['closed 48, 4 balancers', 'closed, 48 users'],
  ['2 balancers, load 0.6', 'load 0.6'],
  ['4 balancers, load 0.6', 'load 0.6'],
  ['4 balancers, load 0.8', 'load 0.8'],
  ['closed 48, 4 balancers that measure', 'closed, 48 users'],
  ['2 balancers that measure, load 0.6', 'load 0.6'],
  ['4 balancers that measure, load 0.6', 'load 0.6'],
  ['4 balancers that measure, load 0.8', 'load 0.8'],
  ['a worker restarts, 4 balancers', 'one worker restarts cold'],
  ['a worker restarts and replays, 4 balancers', 'one worker restarts, and replays'],
  ['all 12 restart and replay, 4 balancers', 'all 12 restart and replay'],
  ['popularity is reshuffled, 4 balancers', 'popularity is reshuffled'],
  ['all workers are cold, 4 balancers', 'all workers are cold, load 0.7'],
]

/** Throws if there is none. */
export function scenarioNamed(name: string): Scenario {
  const scenario = [...scenarios, ...loadSweep].find((known) => known.name === name)
  if (!scenario) throw new Error(`no scenario is named ${name}`)
  return scenario
}

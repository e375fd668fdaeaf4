import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Candidate } from '../../../../src/pool/explanation.ts'
import { CostPool } from '../../../../src/pool/policies/cost-pool.ts'
import type { WorkerUpdate } from '../../../../src/pool/pool.ts'
import { traitsOf } from '../../support/play.ts'

/** A second for each 100 units that are not warm. */
const skill = { score: 1, seconds: 1, count: 50, rate: 1, fixed: 0, perUnit: 0.01 }
const conversation = Array.from({ length: 10 }, (_, i) => 100 + i)

function setUp(workers: Record<string, WorkerUpdate>) {
  const pool = new CostPool<string>({}, () => 0.5)
  for (const [worker, news] of Object.entries(workers)) {
    const resume = new Map([['model', skill]])
    pool.update(worker, { traits: traitsOf(worker), resume, ...news }, 0)
  }
  const assign = (chain: readonly number[] | undefined, units?: number, now = 1) =>
    pool.assign({ requestClass: 'model', ...(chain && { chain }), ...(units && { units }) }, now)
  return { pool, assign }
}

const warm = (depth: number): WorkerUpdate => ({
  warmth: { warm: conversation.slice(0, depth), gone: [] },
})

/** A worker of 64 slots that computes one request at a time, a second for each 8,000 units. */
const serial: WorkerUpdate = {
  traits: traitsOf('', { concurrency: 64 }),
  resume: new Map([
    [
      'model',
      {
        ...{ score: 1, seconds: 1, count: 50, rate: 1, fixed: 0.02, perUnit: 1 / 8000, rest: 2 },
        ...{ units: 4_000, spread: 100_000, perUnitAhead: 1 / 8000 },
      },
    ],
  ]),
}
const serialOf = (key: string): WorkerUpdate => ({
  ...serial,
  traits: traitsOf(key, { concurrency: 64 }),
})

/** How many of the chosen are each worker. */
function countsOf(chosen: readonly (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const worker of chosen) counts[worker ?? ''] = (counts[worker ?? ''] ?? 0) + 1
  return counts
}

test('a request that no worker may have changes nothing for the next one', () => {
  const { pool, assign } = setUp({ w1: {}, w2: {} })
  const pick = { requestClass: 'model', chain: [] }
  const explained = pool.explain(pick, 1).chosen
  expect(pool.assign(pick, 1, new Set(['w1', 'w2']))).toBeUndefined()
  expect(assign([])?.worker).toBe(explained)
})

describe('before anything is known of any worker, requests', () => {
  const unknown = (concurrency: number) =>
    setUp({
      w1: { traits: traitsOf('w1', { concurrency }), resume: new Map() },
      w2: { traits: traitsOf('w2', { concurrency }), resume: new Map() },
    })

  test.each([1, 64])(
    'are spread by their number, as far as they are alike, of %d slots',
    (slots) => {
      const { assign } = unknown(slots)
      // They come in a second: nothing is known of how long a worker may be silent.
      const chosen = Array.from({ length: 20 }, (_, i) => assign([], 10, 1 + i / 20)?.worker)
      expect(countsOf(chosen)).toEqual({ w1: 10, w2: 10 })
    },
  )

  test.each([1, 64])('are spread by their units, of %d slots', (slots) => {
    const { assign } = unknown(slots)
    const large = assign([1], 8_000)?.worker
    const small = Array.from({ length: 5 }, (_, i) => assign([i + 2], 100)?.worker)
    expect(small).not.toContain(large)
  })

  test.each([1, 64])('stay where their chain is being computed, of %d slots', (slots) => {
    const { assign } = unknown(slots)
    const chains = Array.from({ length: 6 }, (_, i) =>
      Array.from({ length: 12 }, (_, block) => 1_000 * (i + 1) + block),
    )
    const first = chains.map((chain, i) => assign(chain, 6_000, 1 + i / 10)?.worker)
    expect(countsOf(first)).toEqual({ w1: 3, w2: 3 })
    const next = chains.map((chain, i) => assign([...chain, 9_000 + i], 6_500, 2 + i / 10)?.worker)
    expect(next).toEqual(first)
  })
})

describe('workers that compute one request at a time and have many slots', () => {
  test('get the same number of requests, though none of their slots is full', () => {
    const { assign } = setUp({ w1: serialOf('w1'), w2: serialOf('w2') })
    const chosen = Array.from({ length: 20 }, (_, i) => assign([i + 1], 2_000)?.worker)
    expect(countsOf(chosen)).toEqual({ w1: 10, w2: 10 })
  })

  test('have those wait that come after large ones', () => {
    const { pool, assign } = setUp({ w1: serialOf('w1'), w2: serialOf('w2') })
    const large = assign([1], 20_000)
    const pick = { requestClass: 'model', chain: [2], units: 100 }
    const waitAt = (worker?: string) =>
      pool.explain(pick, 1).candidates.find((each) => each.worker === worker)?.wait
    expect(waitAt(large?.worker)).toBeCloseTo(2.5, 1)
    large?.answered?.(1)
    // The answer is being streamed, which no other waits for.
    expect(waitAt(large?.worker)).toBeLessThan(0.1)
    large?.finish(1, { result: 'served', seconds: 12 })
    expect(waitAt(large?.worker)).toBe(0)
  })
})

describe('requests with a size or a chain', () => {
  test('of a class that a worker has forgotten are expected to take there what they take elsewhere', () => {
    const { pool } = setUp({ w1: {}, w2: { resume: new Map([['model', { ...skill, fixed: 9 }]]) } })
    const pick = { requestClass: 'model', chain: [1], units: 100 }
    const serviceAt = (worker: string) =>
      pool.explain(pick, 1).candidates.find((each) => each.worker === worker)?.service ?? 0
    expect(serviceAt('w2')).toBeCloseTo(10)
    pool.update('w2', { changes: new Map([['model', null]]) }, 1)
    expect(serviceAt('w2')).toBeLessThan(9)
  })

  test('go to the worker that is warm for most of their chain', () => {
    const { assign } = setUp({ w1: warm(3), w2: warm(8), w3: {} })
    const assignment = assign(conversation, 1000)
    expect([assignment?.worker, assignment?.reason, assignment?.isWarm]).toEqual([
      'w2',
      'home',
      true,
    ])
  })

  test('go elsewhere when that worker has too much to do', () => {
    const { assign } = setUp({ w1: warm(3), w2: warm(8), w3: {} })
    const branch = (i: number) => [...conversation.slice(0, 8), 1000 + 2 * i, 1001 + 2 * i]
    const chosen = Array.from({ length: 12 }, (_, i) => assign(branch(i), 2000)?.worker)
    expect(chosen[0]).toBe('w2')
    expect(new Set(chosen)).toEqual(new Set(['w1', 'w2', 'w3']))
  })

  test('stay at a busy worker the longer, the more they would lose elsewhere', () => {
    const long = setUp({ w1: warm(10), w2: {} })
    const short = setUp({ w1: warm(10), w2: {} })
    for (const { assign } of [long, short]) assign([100, 200, 300, 400, 500], 300)
    expect(long.assign(conversation, 3000)?.worker).toBe('w1')
    expect(short.assign(conversation, 20)?.worker).toBe('w2')
  })

  test('are explained by the load of that moment, as they are assigned', () => {
    const others = { requests: 2, seconds: 0 }
    const { pool, assign } = setUp({
      w1: { ...warm(5), others, traits: traitsOf('w1', { capacity: 0.5 }) },
      w2: { others, traits: traitsOf('w2', { capacity: 4 }) },
    })
    const pick = { requestClass: 'model', chain: conversation, units: 1000 }
    expect(pool.explain(pick, 0).chosen).toBe('w1')
    expect(assign(conversation, 1000, 0)?.worker).toBe('w1')
  })

  test('make their worker warm at once, until it says otherwise', () => {
    const { pool, assign } = setUp({ w1: {}, w2: {} })
    const first = assign(conversation, 1000)
    first?.finish(1, { result: 'served', seconds: 1 })
    for (let i = 0; i < 3; i++) {
      const next = assign(conversation, 1000)
      expect([next?.worker, next?.isWarm]).toEqual([first?.worker, true])
      next?.finish(1, { result: 'served', seconds: 1 })
    }
    pool.update(first?.worker ?? '', { warmth: { whole: true, warm: [], gone: [] } }, 1)
    expect(assign(conversation, 1000)?.isWarm).toBe(false)
  })

  test('count by their size for how long others would wait', () => {
    const { assign } = setUp({ w1: {}, w2: {} })
    const large = assign([1], 10_000)?.worker
    const others = Array.from({ length: 4 }, (_, i) => assign([i + 2], 10)?.worker)
    expect(others).not.toContain(large)
  })

  test('that tell only their size go where their class is warm, and count by their size', () => {
    const { pool, assign } = setUp({ w1: {}, w2: {} })
    const site = (units: number) => pool.assign({ requestClass: 'site', units }, 1)
    const home = site(100)
    const served = { result: 'served', seconds: 1, skill } as const
    home?.finish(1, served)
    for (let i = 0; i < 3; i++) {
      const next = site(100)
      expect(next?.worker).toBe(home?.worker)
      next?.finish(1, served)
    }
    site(10_000)
    expect(assign([7], 10)?.worker).not.toBe(home?.worker)
  })

  test('that are cold everywhere are spread over idle workers', () => {
    const { assign } = setUp({ w1: {}, w2: {}, w3: {}, w4: {} })
    const chosen = Array.from({ length: 4 }, (_, i) => {
      const assignment = assign([1000 + i], 100)
      assignment?.finish(1, { result: 'served', seconds: 1 })
      return assignment?.worker
    })
    expect(new Set(chosen).size).toBe(4)
  })

  test('that no worker can be warm for are spread by what they wait for', () => {
    const { assign } = setUp({ w1: {}, w2: {}, w3: {} })
    const chosen = Array.from({ length: 6 }, () => assign([], 100)?.worker)
    expect(chosen.toSorted()).toEqual(['w1', 'w1', 'w2', 'w2', 'w3', 'w3'])
  })

  test('avoid workers that have failed them', () => {
    const { pool } = setUp({ w1: warm(10), w2: {} })
    const pick = { requestClass: 'model', chain: conversation, units: 100 }
    expect(pool.assign(pick, 1, new Set(['w1']))?.worker).toBe('w2')
    expect(pool.assign(pick, 1, new Set(['w1', 'w2']))).toBeUndefined()
  })

  test('are explained as they are assigned', () => {
    const { pool, assign } = setUp({ w1: warm(3), w2: warm(8), w3: {} })
    const pick = { requestClass: 'model', chain: conversation, units: 1000 }
    const explanation = pool.explain(pick, 1, new Set(['w3']))
    expect(explanation.chosen).toBe(assign(conversation, 1000)?.worker)
    expect(explanation.candidates.map(({ worker, role }) => `${worker} ${role}`)).toEqual([
      'w1 spill',
      'w2 home',
      'w3 avoided',
    ])
    const [spill, home] = explanation.candidates
    expect(spill?.waste).toBeCloseTo(5)
    expect([spill?.warmLinks, spill?.warmUnits]).toEqual([3, 300])
    expect([home?.warmLinks, home?.warmUnits]).toEqual([8, 800])
    for (const { wait = 0, service = 0, risk = 0, price = 0, cost } of [spill, home].map(defined)) {
      expect(wait + service + risk + price).toBeCloseTo(cost ?? Number.NaN)
    }
  })

  test('regret what they would save at the worker where they would end first, of all', () => {
    const depths = fc.array(fc.nat(10), { minLength: 2, maxLength: 6 })
    const requests = fc.array(fc.tuple(fc.nat(10), fc.nat(5000)), { maxLength: 20 })
    fc.assert(
      fc.property(depths, requests, (warmth, sizes) => {
        const workers = warmth.map((depth, i) => [`w${i}`, warm(depth)] as const)
        const { pool } = setUp(Object.fromEntries(workers))
        for (const [own, units] of sizes) {
          const chain = [...conversation.slice(0, own), 1000 + own]
          const pick = { requestClass: 'model', chain, units }
          const { chosen, candidates } = pool.explain(pick, 1)
          const timeOf = ({ price = 0, cost = 0 }: Candidate<string>) => cost - price
          const least = Math.min(...candidates.map(timeOf))
          const best = defined(candidates.find(({ worker }) => worker === chosen))
          expect(pool.assign(pick, 1)?.regret).toBeCloseTo(timeOf(best) - least, 9)
        }
      }),
    )
  })
})

function defined<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('there is none')
  return value
}

import { describe, expect, test } from 'vitest'
import { ResumeKeeper } from '../src/resume-keeper.ts'
import { chance, noise } from './support/chance.ts'

/** An application that keeps so many links, and evicts the least recently used one. */
class PrefixCache {
  readonly #capacity: number
  readonly #links = new Set<number>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Returns how deep it was warm. */
  use(chain: readonly number[]): number {
    const cold = chain.findIndex((link) => !this.#links.has(link))
    for (const link of chain.toReversed()) {
      this.#links.delete(link)
      this.#links.add(link)
    }
    for (const link of this.#links) {
      if (this.#links.size <= this.#capacity) break
      this.#links.delete(link)
    }
    return cold === -1 ? chain.length : cold
  }
}

/** Chains of conversations that grow, of which recent ones go on more often. */
function* conversations(random: () => number): Generator<number[]> {
  const open: number[][] = []
  for (let next = 100; ; ) {
    if (open.length < 50 || random() < 0.15) open.push([1 + Math.floor(5 * random())])
    if (open.length > 400) open.shift()
    const chain = open[open.length - 1 - Math.floor(open.length * random() ** 2)]!
    if (chain.length > 60) chain.length = 1
    for (let i = 1 + Math.floor(8 * random()); i > 0; i--) chain.push(next++)
    yield [...chain]
  }
}

/** Chains of one link, of which some are asked for more often. */
function* tenants(random: () => number): Generator<number[]> {
  for (;;) yield [1 + Math.floor(2000 * random() ** 3)]
}

interface Run {
  readonly chains: (random: () => number) => Generator<number[]>
  readonly capacity: number
  readonly requests?: number
  /** Whether the application says how deep it was warm. */
  readonly tells?: boolean
  readonly seed?: number
}

/** What a worker has learned after many requests whose times scatter. */
function learned({ chains, capacity, requests = 5_000, tells = false, seed = 1 }: Run) {
  const random = chance(seed)
  const keeper = new ResumeKeeper()
  const cache = new PrefixCache(capacity)
  let left = requests
  for (const chain of chains(random)) {
    if (left-- === 0) break
    const depth = cache.use(chain)
    const units = chain.length * 512
    const uncached = units - depth * 512
    const seconds = (0.02 + uncached / 8000) * noise(random, 0.3)
    keeper.finish('model', { seconds, units, chain, ...(tells && { depth }) }, 0)
  }
  return keeper
}

describe('the capacity of an application', () => {
  test.each([
    { name: 'conversations', chains: conversations, capacity: 300 },
    { name: 'conversations', chains: conversations, capacity: 3000 },
    { name: 'tenants', chains: tenants, capacity: 20 },
    { name: 'tenants', chains: tenants, capacity: 300 },
  ])('is found from the times of $name: $capacity links', ({ chains, capacity }) => {
    for (const seed of [1, 2, 3]) {
      const { warm } = learned({ chains, capacity, seed })
      expect(warm.capacity).toBeGreaterThan(capacity * 0.8)
      expect(warm.capacity).toBeLessThan(capacity * 1.25)
      expect(warm.warmCount).toBeLessThanOrEqual(warm.capacity)
    }
  })

  test('is found if the application says how deep it was warm', () => {
    const { warm } = learned({ chains: conversations, capacity: 300, tells: true, requests: 1_000 })
    expect(warm.capacity).toBeGreaterThan(240)
    expect(warm.capacity).toBeLessThan(360)
  })

  test.each([
    { name: 'conversations', chains: conversations },
    { name: 'tenants', chains: tenants },
  ])('has no limit for $name that are always warm', ({ chains }) => {
    for (const seed of [1, 2, 3]) {
      const { warm } = learned({ chains, capacity: Number.POSITIVE_INFINITY, seed })
      expect(warm.capacity).toBe(Number.POSITIVE_INFINITY)
    }
  })
})

describe('the times of requests by their size', () => {
  test('are found although only a part of them is warm', () => {
    for (const capacity of [300, 3000]) {
      const skill = learned({ chains: conversations, capacity }).skill('model', 0)!
      // Outliers, one in 20 and ten times as long, count a little.
      expect(1 / skill.perUnit!).toBeGreaterThan(6_500)
      expect(1 / skill.perUnit!).toBeLessThan(9_000)
      expect(skill.fixed).toBeLessThan(0.4)
    }
  })

  test('tell how long a request will take, by what is warm', () => {
    const keeper = learned({ chains: conversations, capacity: Number.POSITIVE_INFINITY })
    keeper.warm.touch([11, 12, 13, 14])
    const ofChain = (chain: number[]) => keeper.expectedSeconds('model', { units: 8_000, chain })
    expect(ofChain([11, 12, 13, 14])).toBeLessThan(0.3)
    expect(ofChain([11, 12, 23, 24])).toBeGreaterThan(0.4)
    expect(ofChain([21, 22, 23, 24])).toBeGreaterThan(0.8)
    expect(keeper.expectedSeconds('model', { units: 80_000 })).toBeGreaterThan(8)
  })

  test('are those of all classes for one that was never served', () => {
    const keeper = learned({ chains: conversations, capacity: 3000 })
    const size = { units: 20_000, chain: [21, 22] }
    const known = keeper.expectedSeconds('model', size)
    expect(keeper.expectedSeconds('new', size)).toBeCloseTo(known)
  })

  test('are kept in the skill, beside the means of all requests', () => {
    const keeper = new ResumeKeeper()
    expect(keeper.finish('a', 2, 0)).not.toHaveProperty('fixed')
    const served = { seconds: 4, firstSeconds: 1, units: 100 }
    const { seconds, perUnit, rest } = keeper.finish('a', served, 0)
    expect({ perUnit, rest }).toEqual({ perUnit: 0.01, rest: 3 })
    expect(keeper.expectedSeconds('a')).toBe(seconds)
    expect(seconds).toBeCloseTo(3.3, 1)
    expect(keeper.expectedSeconds('a', { units: 50 })).toBe(3.5)
    expect(keeper.expectedRest('a')).toBe(3)
  })

  test('come back from a saved résumé, but nothing is warm', () => {
    const before = learned({ chains: conversations, capacity: 3000 })
    const keeper = new ResumeKeeper()
    keeper.load(before.resume(0), 0)
    const { fixed, perUnit } = before.skill('model', 0)!
    expect(keeper.skill('model', 0)).toMatchObject({ fixed, perUnit })
    expect(keeper.warm.size).toBe(0)
  })

  test('are not learned from units that are no size', () => {
    const keeper = new ResumeKeeper()
    keeper.finish('a', { seconds: 1, units: 1e308 }, 0)
    expect(keeper.finish('a', { seconds: 1, units: 1e308 }, 0).perUnit).toBeGreaterThan(0)
  })
})

test('a request that began when its chain was cold was not warm, though others were served since', () => {
  const keeper = new ResumeKeeper()
  const chain = [1, 2, 3, 4]
  for (let i = 0; i < 20; i++) {
    const links = chain.map((link) => link + 10 * i)
    const reach = keeper.warm.reachOf(links)
    keeper.finish('a', { seconds: 1, units: 100, chain: links, reach }, 0)
    keeper.finish('a', { seconds: 1, units: 100, chain: links, reach }, 0)
  }
  expect(keeper.skill('a', 0)?.perUnit).toBeCloseTo(0.01)
  expect(keeper.warm.capacity).toBe(Number.POSITIVE_INFINITY)
})

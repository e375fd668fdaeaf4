import { describe, expect, test } from 'vitest'
import { makeConversations } from '../../../simulate/trace/conversations.ts'
import { productPolicy } from '../../../simulate/trace/product-router.ts'
import { type Replayed, type ReplaySettings, replay } from '../../../simulate/trace/replay.ts'
import { rivals } from '../../../simulate/trace/rivals.ts'
import type { TracePolicy } from '../../../simulate/trace/router.ts'
import { mean } from '../../../statistics.ts'

const rows = makeConversations(1).filter(({ t }) => t < 600)
const settings: ReplaySettings = {
  kind: 'prefill',
  workers: 4,
  balancers: 1,
  speeds: [1],
  load: 0.6,
  tokensPerSecond: 8000,
  capacity: 3000,
  slots: 1,
  seed: 1,
}
const product = productPolicy('resumelb', 'cost', { isSized: true })
const named = (name: string) => rivals.find((rival) => rival.name === name) as TracePolicy
const meanOf = ({ first }: Replayed) => mean(first)

describe('a replayed trace', () => {
  test('gives the same figures every time', () => {
    expect(replay(rows, product, settings)).toEqual(replay(rows, product, settings))
  })

  test('is served sooner by a router that knows chains than by one that counts requests', () => {
    const [ours, theirs] = [product, named('least requests')].map((policy) =>
      replay(rows, policy, settings),
    ) as [Replayed, Replayed]
    expect(ours.hits).toBeGreaterThan(theirs.hits)
    expect(meanOf(ours)).toBeLessThan(meanOf(theirs))
  })

  test('is served about as soon by four load balancers of the product as by one', () => {
    const four = replay(rows, product, { ...settings, balancers: 4 })
    expect(meanOf(four)).toBeLessThan(1.25 * meanOf(replay(rows, product, settings)))
  })

  test('is served by engines that answer in streams', () => {
    const { first, last, unfinished } = replay(rows, product, { ...settings, kind: 'engine' })
    expect(first.length).toBeGreaterThan(100)
    expect(Math.max(...last)).toBeGreaterThan(Math.max(...first))
    expect(unfinished).toBeLessThan(100)
  })
})

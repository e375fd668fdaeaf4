/** Two engines that know nothing at first, and requests that come at once. */
import { expect, test } from 'vitest'
import { productPolicy } from '../../../simulate/trace/product-router.ts'
import { type ReplaySettings, replay } from '../../../simulate/trace/replay.ts'
import { blockTokens, type TraceRow } from '../../../simulate/trace/trace.ts'

const settings: ReplaySettings = {
  kind: 'engine',
  workers: 2,
  balancers: 1,
  speeds: [1],
  load: 0,
  tokensPerSecond: 8000,
  capacity: 3000,
  slots: 1,
  seed: 1,
}
const product = productPolicy('resumelb', 'cost', { isSized: true })

let blocks = 0

/** So many prompts of so many tokens, of which no two begin alike, within 20 ms. */
function burst(t: number, count: number, tokens: number): TraceRow[] {
  return Array.from({ length: count }, (_, i) => {
    const length = Math.floor(tokens / blockTokens)
    const own = Array.from({ length }, () => blocks++)
    return { t: t + (0.02 * i) / count, class: 'model', in: tokens, out: 16, blocks: own }
  })
}

/** The longest time to the first token of those that come at or after 100 s. */
function longest(rows: readonly TraceRow[], kind: ReplaySettings['kind'] = 'engine') {
  // The first quarter of the time is not measured.
  const { first } = replay([...rows, ...burst(400, 1, 10)], product, { ...settings, kind })
  return Math.max(...first)
}

test.each(['engine', 'prefill'] as const)(
  'six conversations that begin go three to each %s',
  (kind) => {
    expect(longest(burst(100, 6, 8_000), kind)).toBeLessThan(3.5)
  },
)

test.each(['engine', 'prefill'] as const)(
  'a worker of the kind %s that had only short prompts gets as many long ones',
  (kind) => {
    // While one computes a long prompt, the other gets the short ones.
    const short = Array.from({ length: 12 }, (_, i) => burst(20.1 + i / 8, 1, 10)).flat()
    const rows = [...burst(20, 1, 16_000), ...short]
    expect(longest([...rows, ...burst(100, 6, 8_000)], kind)).toBeLessThan(3.5)
    expect(longest([...rows, ...burst(80, 6, 8_000), ...burst(100, 6, 8_000)], kind)).toBeLessThan(
      3.5,
    )
  },
)

test('prompts that have waited for each other in an engine do not keep others from it', () => {
  const crowd = [...burst(20, 24, 4_000), ...burst(40, 24, 4_000)]
  expect(longest([...crowd, ...burst(100, 24, 4_000)])).toBeLessThan(7)
  const mixed = [...burst(100, 1, 40_000), ...burst(101, 8, 1_000)]
  // The small ones do not queue behind the large one.
  expect(longest([...crowd, ...mixed])).toBeLessThan(5.6)
})

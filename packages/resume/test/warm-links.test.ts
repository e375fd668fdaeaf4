import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { WarmLinks } from '../src/warm-links.ts'

/** Says often enough that the chain was warm so deep. */
function learn(links: WarmLinks, chain: readonly number[], depth: number): void {
  const reach = links.reachOf(chain)
  for (let i = 0; i < 50; i++) links.learn(reach, (each) => Math.min(1, Math.abs(each - depth)))
}

describe('WarmLinks', () => {
  test('counts the leading links that were used', () => {
    const links = new WarmLinks(100)
    links.touch([1, 2, 3])
    expect(links.depthOf([1, 2, 3, 4])).toBe(3)
    expect(links.depthOf([1, 9, 3])).toBe(1)
    expect(links.depthOf([])).toBe(0)
    expect(links.warmCount).toBe(3)
  })

  test('drops the end of a chain before what it implies', () => {
    const links = new WarmLinks(4)
    links.touch([1, 2, 3])
    links.touch([1, 4, 5])
    expect(links.depthOf([1, 2, 3])).toBe(2)
    expect(links.depthOf([1, 4, 5])).toBe(3)
    expect(links.size).toBe(4)
  })

  test('says how many links must be kept for each depth', () => {
    const links = new WarmLinks(100)
    links.touch([1, 2, 3])
    links.touch([1, 4])
    // In the order of their last use: 1, 4, 2, 3.
    expect(links.reachOf([1, 2, 3])).toEqual([1, 3, 4])
    expect(links.reachOf([1, 4, 9])).toEqual([1, 2])
  })

  test('takes for cold what lies beyond the capacity that it has learned', () => {
    const links = new WarmLinks(100)
    for (let i = 1; i <= 20; i++) links.touch([i])
    expect(links.capacity).toBe(Number.POSITIVE_INFINITY)
    learn(links, [8], 0)
    expect(links.capacity).toBeLessThan(13)
    expect(links.depthOf([8])).toBe(0)
    expect(links.depthOf([20])).toBe(1)
    expect(links.size).toBe(20)
  })

  test('takes them for warm again when they turn out to be', () => {
    const links = new WarmLinks(100)
    for (let i = 1; i <= 20; i++) links.touch([i])
    learn(links, [15], 0)
    for (let i = 0; i < 5; i++) learn(links, [8], 1)
    expect(links.depthOf([8])).toBe(1)
    expect(links.capacity).toBeGreaterThanOrEqual(13)
  })

  test('does not believe a single observation', () => {
    const links = new WarmLinks(100)
    for (let i = 1; i <= 20; i++) links.touch([i])
    for (let i = 0; i < 3; i++) links.learn(links.reachOf([8]), (depth) => depth)
    expect(links.capacity).toBe(Number.POSITIVE_INFINITY)
  })

  test('tells what has become warm and what is gone, once', () => {
    const links = new WarmLinks(3)
    expect(links.takeChanges()).toBeUndefined()
    links.touch([1, 2])
    expect(links.takeChanges()).toEqual({ warm: [2, 1], gone: [] })
    links.touch([1])
    expect(links.hasChanges).toBe(false)
    links.touch([3, 4])
    expect(links.takeChanges()).toEqual({ warm: [4, 3], gone: [2] })
    expect(links.takeChanges()).toBeUndefined()
  })

  test('tells a limited number of changes at once', () => {
    const links = new WarmLinks(100)
    links.touch([1, 2, 3])
    expect(links.takeChanges(2)).toEqual({ warm: [3, 2], gone: [] })
    expect(links.takeChanges(2)).toEqual({ warm: [1], gone: [] })
  })

  test('tells everything after more changes than there may be links', () => {
    const links = new WarmLinks(10)
    for (let i = 1; i <= 100; i++) links.touch([i])
    const warm = Array.from({ length: 10 }, (_, i) => 91 + i)
    expect(links.takeChanges(2)).toEqual({ whole: true, warm, gone: [] })
    expect(links.takeChanges()).toBeUndefined()
  })

  test('forgets everything when the application is restarted', () => {
    const links = new WarmLinks(10)
    links.touch([1, 2])
    links.clear()
    expect(links.takeChanges()).toEqual({ whole: true, warm: [], gone: [] })
    expect(links.depthOf([1, 2])).toBe(0)
    links.touch([2])
    expect(links.takeChanges()).toEqual({ warm: [2], gone: [] })
  })

  test('begins with the most recent of links that are warm already, in their order', () => {
    const links = new WarmLinks(3)
    links.restore([1, 2, 3, 4])
    expect(links.warmLinks()).toEqual([2, 3, 4])
    links.touch([2])
    links.touch([5])
    expect(links.warmLinks()).toEqual([4, 2, 5])
    expect([links.depthOf([4, 2]), links.depthOf([3])]).toEqual([2, 0])
  })

  test('keeps no more links than its limit, however many conversations there are', () => {
    const links = new WarmLinks(1_000)
    for (let i = 1; i <= 200_000; i++) links.touch([1, 2 ** 40 + i])
    expect(links.size).toBe(1_000)
    expect(links.takeChanges()?.warm).toHaveLength(1_000)
  })

  test('obeys another limit at once', () => {
    const links = new WarmLinks(10)
    links.touch([1, 2, 3, 4, 5])
    links.limit = 2
    expect(links.depthOf([1, 2, 3])).toBe(2)
    links.limit = 0
    links.touch([7])
    expect(links.size).toBe(0)
  })

  test('is as a list in the order of the last use', () => {
    const chain = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 6 })
    const step = fc.oneof(
      chain.map((touched) => ({ touched })),
      fc.tuple(chain, fc.nat(6)).map(([asked, depth]) => ({ asked, depth })),
      fc.constant('take' as const),
    )
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(step, { maxLength: 800 }),
        (limit, all) => {
          const links = new WarmLinks(limit)
          let list: number[] = []
          const believed = new Set<number>()
          const isWarm = (link: number) =>
            list.includes(link) && list.indexOf(link) < links.capacity
          const take = () => {
            for (let next = links.takeChanges(3); next; next = links.takeChanges(3)) {
              if (next.whole) believed.clear()
              for (const link of next.warm) believed.add(link)
              for (const link of next.gone) believed.delete(link)
            }
          }
          for (const each of all) {
            if (each === 'take') take()
            else if ('touched' in each) {
              links.touch(each.touched)
              list = [...each.touched, ...list.filter((link) => !each.touched.includes(link))]
              list = list.slice(0, limit)
            } else learn(links, each.asked, each.depth)
            expect(links.warmLinks().reverse()).toEqual(list.filter(isWarm))
          }
          for (let link = 1; link <= 30; link++) {
            expect(links.reachOf([link])).toEqual(
              list.includes(link) ? [list.indexOf(link) + 1] : [],
            )
          }
          take()
          expect([...believed].sort()).toEqual(list.filter(isWarm).sort())
        },
      ),
    )
  })
})

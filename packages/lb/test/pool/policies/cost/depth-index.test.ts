import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DepthIndex } from '../../../../src/pool/policies/cost/depth-index.ts'

const chain = Array.from({ length: 20 }, (_, i) => 1000 + i)

function setUp(...depths: number[]) {
  const index = new DepthIndex()
  index.reserve(depths.length)
  for (const [member, depth] of depths.entries()) index.warm(member, chain.slice(0, depth), 0)
  const look = (of = chain) => {
    index.look(of)
    const found = depths.map((_, member) => index.at(member))
    expect(index.deepest).toBe(Math.max(0, ...found))
    return found
  }
  return { index, look }
}

describe('DepthIndex', () => {
  test('finds how deep each member is warm', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 12 }), (depths) => {
        expect(setUp(...depths).look()).toEqual(depths)
      }),
    )
  })

  test('finds it in chains that have any of their first links in common', () => {
    const warmth = fc.record({ shared: fc.nat(20), length: fc.nat(20), member: fc.nat(5) })
    fc.assert(
      fc.property(fc.array(warmth, { maxLength: 30 }), (steps) => {
        const index = new DepthIndex()
        index.reserve(6)
        const held = Array.from({ length: 6 }, () => new Set<number>())
        for (const [step, { shared, length, member }] of steps.entries()) {
          const own = Array.from({ length }, (_, i) => 10_000 + 100 * step + i)
          const asked = [...chain.slice(0, shared), ...own]
          const firstCold = (links: ReadonlySet<number>) => asked.findIndex((l) => !links.has(l))
          const depths = held.map((links) => {
            const depth = firstCold(links)
            return depth === -1 ? asked.length : depth
          })
          index.look(asked)
          expect(held.map((_, each) => index.at(each))).toEqual(depths)
          expect(index.deepest).toBe(Math.max(...depths))
          index.warm(member, asked, index.at(member))
          for (const link of asked) held[member]?.add(link)
        }
      }),
    )
  })

  test('finds nothing in another chain, and nothing in an empty one', () => {
    const { look } = setUp(20, 3)
    expect(look([7, 8, 9])).toEqual([0, 0])
    expect(look([])).toEqual([0, 0])
    expect(look(chain.slice(0, 1))).toEqual([1, 1])
  })

  test('finds what two chains have in common', () => {
    const { look } = setUp(20, 3)
    expect(look([...chain.slice(0, 5), 1, 2, 3])).toEqual([5, 3])
  })

  test('takes in what workers say', () => {
    const { index, look } = setUp(0, 8)
    index.update(0, { warm: chain.slice(0, 4), gone: [] })
    index.update(1, { warm: [], gone: chain.slice(6) })
    expect(look()).toEqual([4, 6])
    index.update(1, { whole: true, warm: chain.slice(0, 2), gone: [] })
    expect(look()).toEqual([4, 2])
  })

  test('forgets a member', () => {
    const { index, look } = setUp(5, 9)
    index.forget(1)
    expect(look()).toEqual([5, 0])
    expect(index.size).toBe(5)
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RankTree } from '../src/rank-tree.ts'

test('counts the taken places up to a place', () => {
  const steps = fc.array(fc.nat(99), { maxLength: 200 })
  fc.assert(
    fc.property(fc.nat(100), steps, (filled, places) => {
      const tree = RankTree.filled(100, filled)
      const taken = Array.from({ length: 100 }, (_, i) => i < filled)
      for (const place of places) {
        tree.add(place, taken[place] ? -1 : 1)
        taken[place] = !taken[place]
      }
      const counts = taken.map((_, i) => taken.slice(0, i + 1).filter(Boolean).length)
      expect(taken.map((_, i) => tree.upTo(i))).toEqual(counts)
    }),
  )
})

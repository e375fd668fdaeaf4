import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LruCache } from '../../simulate/lru-cache.ts'

test('makes room by dropping what was used least recently', () => {
  const cache = new LruCache(2, 4)
  for (const object of [0, 1, 0, 2]) cache.use(object)
  expect([0, 1, 2].map((object) => cache.has(object))).toEqual([true, false, true])
  expect(cache.size).toBe(2)
})

test('holds nothing if it has no room', () => {
  const cache = new LruCache(0, 1)
  cache.use(0)
  expect(cache.has(0)).toBe(false)
})

test('holds what was used last, whatever the order', () => {
  const universe = 8
  const uses = fc.array(fc.integer({ min: 0, max: universe - 1 }))
  fc.assert(
    fc.property(uses, fc.integer({ min: 1, max: universe }), (objects, capacity) => {
      const cache = new LruCache(capacity, universe)
      for (const object of objects) cache.use(object)
      const latest = new Set([...new Set(objects.toReversed())].slice(0, capacity))
      for (let i = 0; i < universe; i++) expect(cache.has(i)).toBe(latest.has(i))
    }),
  )
})

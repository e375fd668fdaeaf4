import { describe, expect, test } from 'vitest'

interface Cache {
  readonly tokens: number
  cachedTokens(text: string): number
  add(text: string): void
}

// By a name that the compiler does not see through: the module is JavaScript.
const path: string = '../prefix-cache.js'
const { PrefixCache } = (await import(path)) as { PrefixCache: new (maxTokens: number) => Cache }

/** A text of so many blocks of 64 characters, which are 16 tokens each. */
const text = (name: string, blocks: number) => name.padEnd(64 * blocks, '.')

describe('PrefixCache', () => {
  test('knows the whole blocks of a beginning', () => {
    const cache = new PrefixCache(1_000)
    cache.add(`${text('a', 3)} and more`)
    expect(cache.tokens).toBe(48)
    expect(cache.cachedTokens(`${text('a', 3)} but not this`)).toBe(48)
    expect(cache.cachedTokens(`${text('a', 2)}${text('b', 1)}`)).toBe(32)
  })

  test('always computes the last token', () => {
    const cache = new PrefixCache(1_000)
    cache.add(text('a', 3))
    expect(cache.cachedTokens(text('a', 3))).toBe(47)
    expect(cache.cachedTokens('')).toBe(0)
  })

  test('knows nothing of the same block behind another beginning', () => {
    const cache = new PrefixCache(1_000)
    cache.add(`${text('a', 1)}${text('b', 1)}`)
    expect(cache.cachedTokens(`${text('c', 1)}${text('b', 1)}`)).toBe(0)
    expect(cache.cachedTokens(text('b', 1))).toBe(0)
  })

  test('forgets what was used least recently, the end of a text before its beginning', () => {
    const cache = new PrefixCache(64)
    cache.add(text('a', 3))
    cache.add(text('b', 2))
    expect(cache.tokens).toBe(64)
    expect(cache.cachedTokens(text('a', 4))).toBe(32)
    cache.add(text('a', 2))
    cache.add(text('c', 2))
    expect(cache.cachedTokens(text('a', 4))).toBe(32)
    expect(cache.cachedTokens(text('b', 4))).toBe(0)
  })
})

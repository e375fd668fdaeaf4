import { describe, expect, test } from 'vitest'
import { between, createRandom, pick } from '../src/random.ts'

describe('createRandom', () => {
  test('gives the same numbers for the same seed, and others for another', () => {
    const take = (seed: string) => Array.from({ length: 5 }, createRandom(seed))
    expect(take('a')).toEqual(take('a'))
    expect(take('a')).not.toEqual(take('b'))
  })

  test('gives numbers from 0 up to 1, about half of them in each half', () => {
    const numbers = Array.from({ length: 1000 }, createRandom('a'))
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true)
    const low = numbers.filter((number) => number < 0.5).length
    expect(low).toBeGreaterThan(400)
    expect(low).toBeLessThan(600)
  })
})

describe('pick', () => {
  test.each([
    ['the first at 0', 0, 'a'],
    ['the last just below 1', 0.999, 'c'],
  ])('takes %s', (_, number, choice) => {
    expect(pick(() => number, ['a', 'b', 'c'])).toBe(choice)
  })

  test('refuses an empty choice', () => {
    expect(() => pick(() => 0, [])).toThrow('nothing to choose from')
  })
})

describe('between', () => {
  test('includes both ends', () => {
    expect([between(() => 0, 3, 5), between(() => 0.999, 3, 5)]).toEqual([3, 5])
  })
})

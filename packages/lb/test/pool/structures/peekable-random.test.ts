import { describe, expect, test } from 'vitest'
import { PeekableRandom } from '../../../src/pool/structures/peekable-random.ts'

function setUp() {
  let drawn = 0
  return new PeekableRandom(() => ++drawn)
}

describe('PeekableRandom', () => {
  test('shows the next numbers as often as one looks, and uses none up', () => {
    const random = setUp()
    expect(random.next()).toBe(1)
    const look = () => [random.next(), random.next()]
    expect([random.peek(look), random.peek(look)]).toEqual([
      [2, 3],
      [2, 3],
    ])
    expect([random.next(), random.next(), random.next()]).toEqual([2, 3, 4])
  })

  test('uses numbers again after a look that has failed', () => {
    const random = setUp()
    const look = () => {
      random.next()
      throw new Error('no')
    }
    expect(() => random.peek(look)).toThrow('no')
    expect([random.next(), random.next()]).toEqual([1, 2])
  })
})

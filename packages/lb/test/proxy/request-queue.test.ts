import { describe, expect, test } from 'vitest'
import { RequestQueue } from '../../src/proxy/request-queue.ts'

const room = (maxWaiting = 2, waitTimeout = 1000) =>
  new RequestQueue<string>({ maxWaiting, waitTimeout })

describe('RequestQueue', () => {
  test('is first come, first served', () => {
    const waiting = room()
    waiting.enter('a', 0)
    waiting.enter('b', 1)
    expect(waiting.first()).toBe('a')
    waiting.leave('a')
    expect(waiting.first()).toBe('b')
    waiting.leave('b')
    expect(waiting.first()).toBeUndefined()
  })

  test('accepts nothing when it is full', () => {
    const waiting = room()
    expect(['a', 'b', 'c'].map((guest) => waiting.enter(guest, 0))).toEqual([true, true, false])
    waiting.leave('a')
    expect(waiting.enter('c', 0)).toBe(true)
  })

  test('shows out those whose deadline has passed', () => {
    const waiting = room()
    waiting.enter('a', 0)
    waiting.enter('b', 500)
    expect(waiting.takeExpired(999)).toEqual([])
    expect(waiting.takeExpired(1000)).toEqual(['a'])
    expect(waiting.size).toBe(1)
    expect(waiting.takeExpired(5000)).toEqual(['b'])
    expect(waiting.size).toBe(0)
  })

  test('accepts nothing if its limit is 0', () => {
    expect(room(0).enter('a', 0)).toBe(false)
    expect(room(2, 0).enter('a', 0)).toBe(false)
  })
})

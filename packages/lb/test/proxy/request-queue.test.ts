import { describe, expect, test } from 'vitest'
import { type Guest, RequestQueue } from '../../src/proxy/request-queue.ts'

const guestOf = (requestClass: string): Guest => ({ requestClass })

function setUp(maxWaiting = 100, waitTimeout = 1000) {
  const queue = new RequestQueue<Guest>({ maxWaiting, waitTimeout }, (name) => name !== 'invented')
  /** Admits so many, and says of which classes they are. */
  const admit = (count: number, refused: readonly string[] = []) => {
    const admitted: string[] = []
    const begin = ({ requestClass }: Guest) => {
      if (admitted.length === count || refused.includes(requestClass)) return false
      admitted.push(requestClass)
      return true
    }
    queue.admit(begin, 0)
    return admitted.join(' ')
  }
  const enter = (classes: string) => {
    for (const name of classes.split(' ')) queue.enter(guestOf(name), 0)
  }
  return { queue, admit, enter }
}

const repeat = (name: string, count: number) => Array(count).fill(name).join(' ')
const countOf = (admitted: string, name: string) =>
  admitted.split(' ').filter((one) => one === name).length

describe('RequestQueue', () => {
  test('lets classes take turns', () => {
    const { queue, admit, enter } = setUp(1000)
    enter(repeat('a', 300))
    enter(repeat('b', 10))
    const admitted = admit(26)
    expect(admitted.startsWith('a a a a a')).toBe(true)
    expect(countOf(admitted, 'b')).toBe(10)
    expect(queue.size).toBe(284)
  })

  test('gives one turn to all classes that are not known', () => {
    const { admit, enter } = setUp(1000)
    enter(repeat('invented', 300))
    enter(repeat('a', 10))
    expect(countOf(admit(26), 'a')).toBe(10)
  })

  test('admits others while a class has to wait for something else', () => {
    const { admit, enter } = setUp()
    enter('a a b c')
    expect(admit(9, ['a'])).toBe('b c')
    expect(admit(9)).toBe('a a')
  })

  test('lets classes pay for what their requests have taken', () => {
    const { queue, admit, enter } = setUp()
    const long = guestOf('long')
    queue.enter(long, 0)
    enter('long short short short')
    expect(admit(1)).toBe('long')
    queue.leave(long, 5000)
    expect(admit(3)).toBe('short short short')
  })

  test('accepts nothing when it is full', () => {
    const { queue } = setUp(2)
    const [a, b, c] = ['a', 'b', 'c'].map(guestOf) as [Guest, Guest, Guest]
    expect([a, b, c].map((guest) => queue.enter(guest, 0))).toEqual([true, true, false])
    queue.leave(a, 0)
    expect(queue.enter(c, 0)).toBe(true)
  })

  test('shows out those whose deadline has passed', () => {
    const { queue } = setUp()
    const [a, b] = [guestOf('a'), guestOf('b')]
    queue.enter(a, 0)
    queue.enter(b, 500)
    expect(queue.takeExpired(999)).toEqual([])
    expect(queue.takeExpired(1000)).toEqual([a])
    expect(queue.size).toBe(1)
    expect(queue.takeExpired(5000)).toEqual([b])
    expect([queue.size, queue.isIdle]).toEqual([0, true])
  })

  test('is idle when all that have waited are over', () => {
    const { queue, admit } = setUp()
    const guest = guestOf('a')
    queue.enter(guest, 0)
    expect([admit(1), queue.isIdle]).toEqual(['a', false])
    queue.leave(guest, 10)
    expect(queue.isIdle).toBe(true)
  })

  test('accepts nothing if its limit is 0', () => {
    expect(setUp(0).queue.enter(guestOf('a'), 0)).toBe(false)
    expect(setUp(2, 0).queue.enter(guestOf('a'), 0)).toBe(false)
  })
})

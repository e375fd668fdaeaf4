import { expect, test } from 'vitest'
import { Turns } from '../../../src/pool/structures/turns.ts'

test('a turn lasts for as many uses as the capacity is a multiple of the least', () => {
  const turns = new Turns<{ turnUsed: number }>()
  const [small, big, odd] = [{ turnUsed: 0 }, { turnUsed: 0 }, { turnUsed: 0 }]
  turns.set(small, 0.5)
  turns.set(big, 1.5)
  turns.set(odd, 0.75)
  expect(turns.total).toBe(2.75)
  expect([turns.use(small), turns.use(small)]).toEqual([true, true])
  expect([1, 2, 3, 4, 5, 6].map(() => turns.use(big))).toEqual([
    ...[false, false, true],
    ...[false, false, true],
  ])
  expect([1, 2, 3].map(() => turns.use(odd))).toEqual([false, true, true])
  turns.remove(small)
  expect(turns.use(odd)).toBe(true)
})

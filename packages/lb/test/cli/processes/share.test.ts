import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shareOf } from '../../../src/cli/processes/share.ts'

const numbersTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

test('every socket has a process, and every process a socket of each address', () => {
  const length = fc.integer({ min: 1, max: 9 })
  fc.assert(
    fc.property(length, length, length, (count, some, others) => {
      const sockets = numbersTo(some + others).map((fd) => ({
        key: fd <= some ? ':80' : 'fd:web',
        fd,
      }))
      const shares = numbersTo(count).map((number) => shareOf(sockets, number, count))
      expect(new Set(shares.flat())).toEqual(new Set(sockets))
      for (const share of shares) {
        expect(new Set(share.map(({ key }) => key))).toEqual(new Set([':80', 'fd:web']))
      }
    }),
  )
})

test('with a socket for each process, none is shared', () => {
  const sockets = numbersTo(3).map((fd) => ({ key: ':80', fd }))
  expect(numbersTo(3).map((number) => shareOf(sockets, number, 3))).toEqual(
    sockets.map((socket) => [socket]),
  )
})

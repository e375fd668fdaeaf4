import { expect, test } from 'vitest'
import { Expectations } from '../../../../src/pool/policies/cost/expectations.ts'

test('what is expected of a request is kept until it ends, and not beyond', () => {
  const expectations = new Expectations()
  const first = expectations.add(1, 0.5, 0.75, 4, -0.25)
  const second = expectations.add(2, 0, 2, 8, 0)
  expect(expectations.seconds(first)).toBe(1)
  expect(expectations.work(first)).toBe(1.5)
  expect(expectations.warm(first)).toBe(0.75)
  expect(expectations.cold(first)).toBe(4)
  expect(expectations.crowding(first)).toBe(-0.25)
  expectations.remove(first)
  expect(expectations.add(3, 0, 3, 3, 0)).toBe(first)
  expect(expectations.seconds(second)).toBe(2)
})

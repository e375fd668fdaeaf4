import { expect, test } from 'vitest'
import { didYouMean } from '../../src/options/similar.ts'

const names = ['max-retries', 'headers-timeout', 'port', 'pool']

test.each([
  ['max-retry', 'max-retries'],
  ['maxRetries', 'max-retries'],
  ['max_retries', 'max-retries'],
  ['MAX-RETRIES', 'max-retries'],
  ['header-timeout', 'headers-timeout'],
  ['heders-timeuot', 'headers-timeout'],
  ['retries', 'max-retries'],
  ['prot', 'port'],
  ['pol', 'pool'],
])('%s was probably meant to be %s', (written, meant) => {
  expect(didYouMean(written, names, '--')).toBe(`: did you mean --${meant}?`)
})

test.each(['frobnicate', 'xyz', 'p'])('%s is like none of the names', (written) => {
  expect(didYouMean(written, names)).toBe('')
})

test('there is nothing to mean without names', () => {
  expect(didYouMean('port', [])).toBe('')
})

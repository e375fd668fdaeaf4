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

test.each([
  ['admin-address', ['address', 'admin', 'admin-token-file'], 'admin'],
  ['adminAddress', ['address', 'admin'], 'admin'],
  ['admin-token', ['admin', 'max-token', 'admin-token-file'], 'admin-token-file'],
  ['admin-token-path', ['admin', 'admin-token', 'max-token-path'], 'admin-token'],
  ['tls', ['ttl', 'tls-min-version', 'tls-cert'], 'tls-cert'],
  ['resume', ['result-me', 'resume-max-age', 'resume-dir'], 'resume-dir'],
  ['address-fiel', ['address-file', 'address'], 'address-file'],
])('%s shares its first words with one of %j', (written, names, meant) => {
  expect(didYouMean(written, names)).toBe(`: did you mean ${meant}?`)
})

test.each(['frobnicate', 'xyz', 'p'])('%s is like none of the names', (written) => {
  expect(didYouMean(written, names)).toBe('')
})

test('a name that is very long is like none, which is known at once', () => {
  expect(didYouMean('port'.repeat(1_000_000), ['port'.repeat(1_000_000)])).toBe('')
})

test('there is nothing to mean without names', () => {
  expect(didYouMean('port', [])).toBe('')
})

import { formatAddress } from '@resumelb/common'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { advertisedAddress, parseRegisteredAddress } from '../src/address.ts'
import { patient } from './harness.ts'

const info = { netmask: '', mac: '', cidr: null }
const interfaces = () => ({
  lo: [{ ...info, address: '127.0.0.1', family: 'IPv4' as const, internal: true }],
  eth0: [
    { ...info, address: 'fe80::1', family: 'IPv6' as const, internal: false, scopeid: 0 },
    { ...info, address: '10.1.2.3', family: 'IPv4' as const, internal: false },
    { ...info, address: '10.9.9.9', family: 'IPv4' as const, internal: false },
  ],
})

describe('parseRegisteredAddress', () => {
  test.each([
    ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
    ['localhost:80', { host: 'localhost', port: 80 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    ['lock-0000000001', undefined],
    [':80', undefined],
    ['a:0', undefined],
    ['a:65536', undefined],
    ['a:80:90', undefined],
    ['::1:80', undefined],
    ['[a]:80', undefined],
    ['a b:80', undefined],
    ['a/b:80', undefined],
    [`${'a'.repeat(254)}:80`, undefined],
  ])('reads %s as %o', (text, address) => {
    expect(parseRegisteredAddress(text)).toEqual(address)
  })

  test('reads what formatAddress writes', patient, () => {
    const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6())
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65_535 }), (host, port) => {
        expect(parseRegisteredAddress(formatAddress({ host, port }))).toEqual({ host, port })
      }),
    )
  })
})

describe('advertisedAddress', () => {
  test.each([
    ['says what is bound', { address: '10.0.0.1', port: 80 }, undefined, '10.0.0.1:80'],
    [
      'takes the first outer IPv4 address for a wildcard',
      { address: '0.0.0.0', port: 80 },
      undefined,
      '10.1.2.3:80',
    ],
    ['does the same for the IPv6 wildcard', { address: '::', port: 80 }, undefined, '10.1.2.3:80'],
    ['does the same for an empty host', { host: '', port: 80 }, undefined, '10.1.2.3:80'],
    ['keeps the IPv6 loopback address', { address: '::1', port: 80 }, undefined, '[::1]:80'],
    ['lets an explicit host win', { address: '0.0.0.0', port: 80 }, 'web1', 'web1:80'],
  ])('%s', (_rule, listening, host, address) => {
    expect(advertisedAddress(listening, host, interfaces)).toBe(address)
  })

  test('takes the loopback address where there is nothing else', () => {
    expect(advertisedAddress({ address: '0.0.0.0', port: 80 }, undefined, () => ({}))).toBe(
      '127.0.0.1:80',
    )
  })

  test('refuses what cannot be connected to', () => {
    expect(() => advertisedAddress({ address: '0.0.0.0', port: 80 }, 'a b')).toThrow("got 'a b:80'")
  })
})

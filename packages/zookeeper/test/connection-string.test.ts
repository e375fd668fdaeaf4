import { OptionError } from '@resumelb/common'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Ensemble,
  formatConnectionString,
  maxServers,
  parseConnectionString,
} from '../src/connection-string.ts'
import { patient } from './harness.ts'

const server = (host: string, port = 2181) => ({ host, port })

describe('parseConnectionString', () => {
  test.each([
    ['takes one server', 'a:1', [server('a', 1)], ''],
    ['knows the default port', 'a', [server('a')], ''],
    [
      'takes a list with spaces',
      ' a:1 , b:2,c ',
      [server('a', 1), server('b', 2), server('c')],
      '',
    ],
    ['ignores empty parts', 'a,,b,', [server('a'), server('b')], ''],
    [
      'takes IPv6 in brackets',
      '[::1]:2182,[fe80::1]',
      [server('::1', 2182), server('fe80::1')],
      '',
    ],
    ['takes a chroot', 'a:1/app/sub', [server('a', 1)], '/app/sub'],
    ['takes a slash at the end for nothing', 'a:1/', [server('a', 1)], ''],
    ['drops a slash behind the chroot', 'a:1/app/', [server('a', 1)], '/app'],
    ['takes the largest port', 'a:65535', [server('a', 65_535)], ''],
  ])('%s', (_rule, text, servers, chroot) => {
    expect(parseConnectionString(text)).toEqual({ servers, chroot })
  })

  test.each([
    ['an empty string', '', 'name at least one server'],
    ['commas alone', ' , ', 'name at least one server'],
    ['a chroot alone', '/app', 'name at least one server'],
    ['port 0', 'a:0', "not '0'"],
    ['a port above 65535', 'a:65536', "not '65536'"],
    ['a port that is a word', 'a:b', "not 'b'"],
    ['a missing port', 'a:', "not ''"],
    ['IPv6 without brackets', '::1', 'write [::1]:PORT'],
    ['brackets around a name', '[a]:1', "'a' is not an IPv6 address"],
    ['a space within a host', 'a b:1', 'write HOST:PORT'],
    ['an empty name in the chroot', 'a:1//app', 'plain names'],
    ['dots in the chroot', 'a:1/app/../x', 'plain names'],
  ])('refuses %s', (_rule, text, reason) => {
    expect(() => parseConnectionString(text)).toThrow(OptionError)
    expect(() => parseConnectionString(text)).toThrow(reason)
  })

  test('refuses more than 100 servers', () => {
    const text = Array.from({ length: maxServers + 1 }, (_, index) => `h${index}`).join()
    expect(() => parseConnectionString(text)).toThrow(`at most ${maxServers}`)
  })

  test('reads what formatConnectionString writes', patient, () => {
    const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6())
    const servers = fc.array(fc.record({ host, port: fc.integer({ min: 1, max: 65_535 }) }), {
      minLength: 1,
      maxLength: 5,
    })
    const chroot = fc.constantFrom('', '/app', '/app/sub')
    fc.assert(
      fc.property(fc.record({ servers, chroot }), (ensemble: Ensemble) => {
        expect(parseConnectionString(formatConnectionString(ensemble))).toEqual(ensemble)
      }),
    )
  })
})

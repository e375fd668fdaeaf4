import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { Peers, trustTest } from '../../src/http/peers.ts'

describe('trustTest', () => {
  const rows: [rule: string, proxies: string[], address: string, isTrusted: boolean][] = [
    ['trusts no address by default', [], '127.0.0.1', false],
    ['trusts an address', ['10.0.0.1'], '10.0.0.1', true],
    ['and no other', ['10.0.0.1'], '10.0.0.2', false],
    ['trusts a network', ['10.0.0.0/8'], '10.200.3.4', true],
    ['and no address outside it', ['10.0.0.0/8'], '11.0.0.1', false],
    ['trusts an IPv6 network', ['fd00::/8'], 'fd12::1', true],
    ['distinguishes IPv4 from IPv6', ['::/0'], '10.0.0.1', false],
    ['knows an IPv4 address in IPv6 clothes', ['10.0.0.0/8'], '::ffff:10.1.2.3', true],
    ['knows loopback', ['loopback'], '::1', true],
    ['knows private networks', ['private'], '192.168.1.1', true],
    ['knows private IPv6 networks', ['private'], 'fd00::1', true],
    ['does not trust what is no address', ['0.0.0.0/0'], 'unknown', false],
    ['knows an address with a zone', ['linklocal'], 'fe80::1%eth0', true],
    ['does not trust a number for an address', ['loopback'], '2130706433', false],
    ['nor parts of one', ['loopback'], '127.1', false],
    ['nor one in hexadecimal', ['loopback'], '0x7f.1', false],
    ['trusts clients of unix sockets', ['unix'], 'unix:', true],
    ['trusts them as nginx writes it', ['unix:', '10.0.0.1'], 'unix:', true],
    ['does not trust them unless told', ['0.0.0.0/0', '::/0'], 'unix:', false],
    ['does not take no address for a unix socket', ['unix'], '', false],
  ]

  test.each(rows)('%s', (_rule, proxies, address, isTrusted) => {
    expect(trustTest(proxies)(address)).toBe(isTrusted)
  })

  test('names what is no address', () => {
    expect(() => trustTest(['10.0.0.1', 'localhost'])).toThrow(/trusted proxy.*'localhost'/)
    expect(() => trustTest(['10.0.0.0/99'])).toThrow(/trusted proxy/)
    expect(() => trustTest(['fe80::/10/8'])).toThrow(/trusted proxy/)
  })

  test.each(['10/8', '127.1', '0x7f.1/8', '010.0.0.1', '10.0.0.0/'])('refuses %s', (proxy) => {
    expect(() => trustTest([proxy])).toThrow(/trusted proxy/)
  })
})

describe('Peers', () => {
  const peers = new Peers(trustTest(['10.0.0.0/8']))
  const proxy = {
    address: '10.0.0.1',
    port: 1,
    encrypted: false,
    isTrusted: true,
    forwardedFields: '',
  }

  const rows: [rule: string, forwardedFor: string, client: string][] = [
    ['takes the only hop', '1.2.3.4', '1.2.3.4'],
    ['takes the last hop that is no proxy of ours', '6.6.6.6, 1.2.3.4, 10.0.0.7', '1.2.3.4'],
    ['takes the first one if all are proxies of ours', '10.0.0.9, 10.0.0.8', '10.0.0.9'],
    ['stops at what is no address', '1.2.3.4, unknown, 10.0.0.7', '10.0.0.7'],
    ['stops at a short form of an address', '1.2.3.4, 10.7, 10.0.0.7', '10.0.0.7'],
    ['stops at an address in hexadecimal', '1.2.3.4, 0xa.7, 10.0.0.7', '10.0.0.7'],
    ['takes the peer if there is no hop', '', '10.0.0.1'],
  ]

  test.each(rows)('%s', (_rule, forwardedFor, client) => {
    expect(peers.clientAddress(proxy, forwardedFor)).toBe(client)
  })

  const socketOf = (server: { address(): unknown }) => ({ server }) as unknown as Socket
  const unixSocket = socketOf({ address: () => '/run/lb.sock' })

  test('gives a client of a unix socket no address to pass on', () => {
    expect(new Peers(trustTest([])).of(unixSocket)).toEqual({
      address: 'unix:',
      port: 0,
      encrypted: false,
      isTrusted: false,
      forwardedFields: 'X-Forwarded-Proto\nhttp',
    })
    expect(new Peers(trustTest(['unix'])).trusts(unixSocket)).toBe(true)
  })

  test('does not take a broken TCP connection for one of a unix socket', () => {
    const broken = socketOf({ address: () => ({ address: '::', port: 80 }) })
    const trusting = new Peers(trustTest(['unix']))
    expect(trusting.trusts(broken)).toBe(false)
    expect(trusting.of(broken)).toMatchObject({ address: '', isTrusted: false })
  })

  test('takes the client that a proxy has named, also for TLS above the connection', () => {
    const announced = new Peers(trustTest(['unix']))
    announced.announce(unixSocket, { address: '203.0.113.9', port: 5 })
    const peer = { address: '203.0.113.9', port: 5, isTrusted: false }
    expect(announced.of(unixSocket)).toMatchObject(peer)
    const tlsSocket = { _parent: unixSocket, encrypted: true } as unknown as Socket
    expect(announced.of(tlsSocket)).toMatchObject({ ...peer, encrypted: true })
  })
})

import { describe, expect, test } from 'vitest'
import { type ProxiedClient, readProxyHeader } from '../../src/listener/proxy-protocol.ts'

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')

/** A header of version 2. */
function binary(command: number, family: number, variable: readonly number[]): Buffer {
  const length = [variable.length >> 8, variable.length & 0xff]
  return Buffer.concat([signature, Buffer.from([command, family, ...length, ...variable])])
}

const v4 = [203, 0, 113, 9, 10, 0, 0, 1, 0xc3, 0x50, 0, 80]
const v6 = [
  ...[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9],
  ...[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  ...[0xc3, 0x50, 0, 80],
]
const mapped = [...Array(10).fill(0), 0xff, 0xff, 203, 0, 113, 9, ...Array(16).fill(0), 0, 1, 0, 2]
const unix = [...Buffer.from('/run/a'.padEnd(108, '\0')), ...Array(108).fill(0)]
/** Extensions: ALPN "h2", and an unknown one. */
const extensions = [0x01, 0, 2, 0x68, 0x32, 0xe0, 0, 1, 0xff]

const client: ProxiedClient = { address: '203.0.113.9', port: 50_000 }
const client6: ProxiedClient = { address: '2001:db8::9', port: 50_000 }
const text = (line: string) => Buffer.from(`${line}\r\n`, 'latin1')

const headers: [says: string, bytes: Buffer, client: ProxiedClient | undefined][] = [
  ['TCP4', text('PROXY TCP4 203.0.113.9 10.0.0.1 50000 80'), client],
  ['TCP6', text('PROXY TCP6 2001:DB8::9 2001:db8::1 50000 80'), client6],
  ['TCP6 of IPv4', text('PROXY TCP6 ::ffff:203.0.113.9 ::1 50000 80'), client],
  ['UNKNOWN', text('PROXY UNKNOWN'), undefined],
  ['UNKNOWN with addresses', text('PROXY UNKNOWN ffff::1 ffff::2 65535 65535'), undefined],
  [
    'the longest line',
    text(`PROXY UNKNOWN ${'f'.repeat(39)} ${'f'.repeat(39)} 65535 65535`),
    undefined,
  ],
  ['IPv4', binary(0x21, 0x11, v4), client],
  ['IPv4 and extensions', binary(0x21, 0x11, [...v4, ...extensions]), client],
  ['IPv6', binary(0x21, 0x21, v6), client6],
  ['IPv4 in IPv6', binary(0x21, 0x21, mapped), { address: '203.0.113.9', port: 1 }],
  ['a unix socket', binary(0x21, 0x31, unix), { address: 'unix:', port: 0 }],
  ['no addresses', binary(0x21, 0x00, []), undefined],
  ['no addresses, but extensions', binary(0x21, 0x00, extensions), undefined],
  ['LOCAL', binary(0x20, 0x00, []), undefined],
  ['LOCAL with addresses', binary(0x20, 0x11, v4), undefined],
  ['LOCAL of any family', binary(0x20, 0x77, [1, 2, 3]), undefined],
  ['the longest', binary(0x21, 0x11, [...v4, ...Array(4084).fill(0)]), client],
]

describe('a PROXY protocol header', () => {
  test.each(headers)('of %s is read, and ends where it ends', (_says, bytes, of) => {
    const header = { length: bytes.length, client: of }
    expect(readProxyHeader(bytes)).toEqual(header)
    expect(readProxyHeader(Buffer.concat([bytes, Buffer.from('GET / HTTP/1.1\r\n')]))).toEqual(
      header,
    )
  })

  test.each(headers)('of %s is incomplete until its last byte', (_says, bytes) => {
    for (let end = 0; end < bytes.length; end++) {
      expect(readProxyHeader(bytes.subarray(0, end))).toBe('INCOMPLETE')
    }
  })

  test.each([
    ['a request', Buffer.from('GET / HTTP/1.1\r\n')],
    ['the first byte of TLS', Buffer.from([0x16])],
    ['lower case', text('proxy TCP4 203.0.113.9 10.0.0.1 50000 80')],
    ['another protocol', text('PROXY UDP4 203.0.113.9 10.0.0.1 50000 80')],
    ['IPv6 in TCP4', text('PROXY TCP4 ::1 ::1 50000 80')],
    ['IPv4 in TCP6', text('PROXY TCP6 203.0.113.9 10.0.0.1 50000 80')],
    ['a zone', text('PROXY TCP6 fe80::1%lo ::1 50000 80')],
    ['a port that is too high', text('PROXY TCP4 203.0.113.9 10.0.0.1 65536 80')],
    ['a leading zero in a port', text('PROXY TCP4 203.0.113.9 10.0.0.1 080 80')],
    ['a leading zero in an address', text('PROXY TCP4 203.0.113.09 10.0.0.1 80 80')],
    ['two spaces', text('PROXY TCP4  203.0.113.9 10.0.0.1 50000 80')],
    ['a missing port', text('PROXY TCP4 203.0.113.9 10.0.0.1 50000')],
    ['one word more', text('PROXY TCP4 203.0.113.9 10.0.0.1 50000 80 x')],
    ['UNKNOWN that goes on', text('PROXY UNKNOWNS')],
    ['a line that is too long', Buffer.from('PROXY UNKNOWN '.padEnd(107, 'f'))],
    ['a wrong signature', Buffer.from('\r\n\r\n\0\r\nQUIX', 'latin1')],
    ['version 1 in version 2', binary(0x11, 0x11, v4)],
    ['an unknown command', binary(0x22, 0x11, v4)],
    ['an unknown family', binary(0x21, 0x41, v4)],
    ['datagrams', binary(0x21, 0x12, v4)],
    ['too few bytes for IPv4', binary(0x21, 0x11, v4.slice(0, 11))],
    ['too few bytes for IPv6', binary(0x21, 0x21, v4)],
    ['too few bytes for a unix socket', binary(0x21, 0x31, v6)],
  ])('is not %s', (_what, bytes) => {
    expect(() => readProxyHeader(bytes)).toThrow(
      expect.objectContaining({ name: 'ProxyHeaderError' }),
    )
  })

  test('that is too long is refused before it has come', () => {
    const begun = binary(0x21, 0x11, Array(4097).fill(0)).subarray(0, 16)
    expect(() => readProxyHeader(begun)).toThrow('4097 bytes, at most 4096')
  })
})

/**
 * The header of the PROXY protocol, versions 1 and 2, with which a proxy in front names the client
 * of a connection: https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt. Pure.
 */
import type { Buffer } from 'node:buffer'
import { isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { unixClient } from '../http/peers.ts'

/** Where a client's connection to the proxy came from. */
export interface ProxiedClient {
  /** An IP address, or {@link unixClient}. */
  readonly address: string
  readonly port: number
}

export interface ProxyHeader {
  /** Bytes of the header; what follows is what the client sent. */
  readonly length: number
  /**
   * Absent if the connection is the proxy's own, such as a health check, or the client is unknown.
   */
  readonly client: ProxiedClient | undefined
}

/** What came is not a header of the PROXY protocol. */
class ProxyHeaderError extends Error {
  override readonly name = 'ProxyHeaderError'
}

const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]
const textStart = [...'PROXY '].map((letter) => letter.charCodeAt(0))

/** Bytes of the longest header of version 1, the line end included. */
const maxTextLength = 107

/** Bytes before the addresses of version 2. */
const fixedLength = 16

/**
 * Bytes of addresses and extensions of version 2 that are accepted; HAProxy sends less than 1,000.
 */
const maxVariableLength = 4_096

/**
 * Reads the header at the beginning of a connection; `INCOMPLETE` while more of it must come.
 * Throws a {@link ProxyHeaderError} as soon as it cannot be one.
 */
export function readProxyHeader(bytes: Buffer): ProxyHeader | 'INCOMPLETE' {
  if (bytes.length === 0) return 'INCOMPLETE'
  if (begins(bytes, textStart)) return readText(bytes)
  if (begins(bytes, signature)) return readBinary(bytes)
  throw new ProxyHeaderError('it does not begin with a PROXY protocol header')
}

/** Whether the bytes, as far as they have come, are those of a beginning. */
function begins(bytes: Buffer, beginning: readonly number[]): boolean {
  return beginning.every((byte, at) => at >= bytes.length || bytes[at] === byte)
}

function readText(bytes: Buffer): ProxyHeader | 'INCOMPLETE' {
  const end = bytes.subarray(0, maxTextLength).indexOf('\r\n')
  if (end < 0) {
    if (bytes.length < maxTextLength) return 'INCOMPLETE'
    throw new ProxyHeaderError(`no line end in ${maxTextLength} bytes`)
  }
  const length = end + 2
  const line = bytes.toString('latin1', textStart.length, end)
  if (/^UNKNOWN(?: |$)/.test(line)) return { length, client: undefined }
  const [, version, source = '', target = '', port, targetPort] = textLine.exec(line) ?? []
  const isAddress = version === '4' ? isIPv4 : isPlainIPv6
  if (isAddress(source) && isAddress(target) && isPort(port) && isPort(targetPort)) {
    return { length, client: clientAt(source, Number(port)) }
  }
  throw new ProxyHeaderError('the line of version 1 is malformed')
}

const textLine = /^TCP([46]) ([\da-fA-F:.]+) ([\da-fA-F:.]+) (\d{1,5}) (\d{1,5})$/

function isPlainIPv6(text: string): boolean {
  return isIPv6(text) && !text.includes('%')
}

function isPort(text: string | undefined): boolean {
  return text !== undefined && String(Number(text)) === text && Number(text) <= 65_535
}

function readBinary(bytes: Buffer): ProxyHeader | 'INCOMPLETE' {
  const [command, family] = [bytes[12], bytes[13]]
  if (command !== undefined && command !== local && command !== proxied) {
    throw new ProxyHeaderError(`unknown version and command 0x${command.toString(16)}`)
  }
  const shape = family === undefined ? undefined : shapes.get(family)
  if (family !== undefined && command === proxied && shape === undefined) {
    throw new ProxyHeaderError(`unsupported address family 0x${family.toString(16)}`)
  }
  if (bytes.length < fixedLength) return 'INCOMPLETE'
  const variableLength = bytes.readUInt16BE(14)
  if (variableLength > maxVariableLength) {
    throw new ProxyHeaderError(`${variableLength} bytes, at most ${maxVariableLength}`)
  }
  const wanted = command === local ? 0 : (shape?.length ?? 0)
  if (variableLength < wanted) {
    throw new ProxyHeaderError(`${variableLength} bytes of addresses, at least ${wanted}`)
  }
  const length = fixedLength + variableLength
  if (bytes.length < length) return 'INCOMPLETE'
  // Extensions (TLVs) follow the addresses, and are skipped.
  const client = command === local ? undefined : shape?.read(bytes.subarray(fixedLength))
  return { length, client }
}

/** Version 2, from the proxy itself. */
const local = 0x20

/** Version 2, for a client. */
const proxied = 0x21

/** The addresses of a family: both addresses, then both ports. */
interface Shape {
  /** Bytes. */
  readonly length: number
  read(bytes: Buffer): ProxiedClient | undefined
}

/** By address family and transport; datagrams do not come over connections. */
const shapes: ReadonlyMap<number, Shape> = new Map([
  [0x00, { length: 0, read: () => undefined }],
  [0x11, ipShape(4)],
  [0x21, ipShape(16)],
  [0x31, { length: 216, read: () => ({ address: unixClient, port: 0 }) }],
])

function ipShape(size: number): Shape {
  return {
    length: 2 * size + 4,
    read: (bytes) => {
      const address = ipaddr.fromByteArray([...bytes.subarray(0, size)])
      return clientAt(address.toString(), bytes.readUInt16BE(2 * size))
    },
  }
}

/** IPv4 addresses in IPv6 are written as IPv4. */
function clientAt(address: string, port: number): ProxiedClient {
  return { address: ipaddr.process(address).toString(), port }
}

/** Addresses as people write them: HOST:PORT, [IPV6]:PORT, :PORT, unix:/path. Pure. */
import { Buffer } from 'node:buffer'
import { isIPv6 } from 'node:net'
import { OptionError } from './errors.ts'

/** A TCP port. */
export interface TcpAddress {
  /** A name or an IP address, IPv6 without brackets. Empty: every address of this machine. */
  readonly host: string
  /** 0 to 65535; 0 lets the system choose. */
  readonly port: number
}

/** A unix domain socket. */
export interface UnixAddress {
  /** Absolute, at most {@link maxPathLength} bytes. */
  readonly path: string
}

export type Address = TcpAddress | UnixAddress

/** Bytes of the longest path of a unix socket: one less than `sun_path` holds. */
export const maxPathLength: number = process.platform === 'darwin' ? 103 : 107

const tcpPattern = /^(?:\[([^\]]*)\]|([^:[\]\s/]*)):(\d{1,5})$/

const unixPattern = /^unix:\/*(\/[^?\0]*[^?\0/])$/

/** What an address is, for messages. */
const addressForm =
  'an address such as 127.0.0.1:8000, [::1]:8000, name:8000, :8000 or unix:/run/app.sock'

export function isUnixAddress(address: Address): address is UnixAddress {
  return 'path' in address
}

const maxPort = 65_535

/**
 * Reads an address, the value of `option`. Throws an {@link OptionError} that shows what it looks
 * like.
 */
export function parseAddress(text: string, option = 'the address'): Address {
  const trimmed = text.trim()
  if (trimmed.startsWith('unix:')) return parseUnixAddress(trimmed, option)
  const match = tcpPattern.exec(trimmed)
  const port = Number(match?.[3])
  const ipv6 = match?.[1]
  if (port > maxPort) {
    throw new OptionError(option, addressForm, text, { reason: `a port is at most ${maxPort}` })
  }
  if (!match || (ipv6 !== undefined && !isIPv6(ipv6))) {
    throw new OptionError(option, addressForm, text)
  }
  return { host: ipv6 ?? match[2] ?? '', port }
}

function parseUnixAddress(text: string, option: string): UnixAddress {
  const path = unixPattern.exec(text)?.[1]
  if (path === undefined) {
    throw new OptionError(option, addressForm, text, { reason: 'the path must be absolute' })
  }
  if (Buffer.byteLength(path) > maxPathLength) {
    const reason = `the path of a unix socket has at most ${maxPathLength} bytes`
    throw new OptionError(option, addressForm, text, { reason })
  }
  return { path }
}

/** Writes an address as {@link parseAddress} reads it. */
export function formatAddress(address: Address): string {
  if (isUnixAddress(address)) return `unix:${address.path}`
  const { host, port } = address
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** The same address as text, checked: programs may give either. Throws an {@link OptionError}. */
export function addressText(address: string | Address, option?: string): string {
  const text = typeof address === 'string' ? address : formatAddress(address)
  const parsed = parseAddress(text, option)
  return isUnixAddress(parsed) ? formatAddress(parsed) : text.trim()
}

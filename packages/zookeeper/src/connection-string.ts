/** Where the servers are: `HOST[:PORT],...[/CHROOT]`, checked before the client library sees it. */
import { isIPv6 } from 'node:net'
import { formatAddress, OptionError } from '@resumelb/common'

export interface Server {
  /** A name or an address; an IPv6 address without brackets. */
  readonly host: string
  readonly port: number
}

export interface Ensemble {
  readonly servers: readonly Server[]
  /** What every path is put behind: empty, or a path without slash at its end. */
  readonly chroot: string
}

/** ZooKeeper's own port for clients. */
const defaultPort = 2181

/** The default servers. */
export const defaultConnectionString: string = `127.0.0.1:${defaultPort}`

/**
 * The first of these texts that says anything: an option, the environment's
 * ZC_ZK_CONNECTION_STRING.
 */
export function connectionStringFrom(...texts: readonly (string | undefined)[]): string {
  return texts.find((text) => text !== undefined && text !== '') ?? defaultConnectionString
}

/** Servers that one connection string may name. */
export const maxServers = 100

/**
 * Reads a connection string such as `zk1:2181, zk2, [::1]:2183/production`. Throws an
 * {@link OptionError} that says what is wrong and with which part.
 */
export function parseConnectionString(text: string): Ensemble {
  const slash = text.indexOf('/')
  const list = slash === -1 ? text : text.slice(0, slash)
  const parts = list.split(',').map((part) => part.trim())
  if (parts.every((part) => part === '')) {
    throw bad(text, 'name at least one server as HOST:PORT')
  }
  const servers = parts.filter((part) => part !== '').map((part) => parseServer(text, part))
  if (servers.length > maxServers) throw bad(text, `name at most ${maxServers} servers`)
  return { servers, chroot: slash === -1 ? '' : parseChroot(text, text.slice(slash).trim()) }
}

/** Throws an {@link OptionError} for `option` if the text is no connection string. */
export function checkConnectionString(text: string, option: string): void {
  try {
    parseConnectionString(text)
  } catch (error) {
    if (!(error instanceof OptionError) || error.reason === undefined) throw error
    throw new OptionError(option, error.expectation, text, { reason: error.reason })
  }
}

/** The connection string of these servers. */
export function formatConnectionString({ servers, chroot }: Ensemble): string {
  const list = servers.map(({ host, port }) => formatAddress({ host, port }))
  return list.join(',') + chroot
}

function parseServer(text: string, part: string): Server {
  const match = /^(?:\[(?<v6>[^\]]*)\]|(?<name>[^:[\]\s]+))(?::(?<port>[^:]*))?$/.exec(part)?.groups
  if (match === undefined) {
    const hint = isIPv6(part) ? `write [${part}]:PORT` : 'write HOST:PORT'
    throw bad(text, `${hint} instead of '${part}'`)
  }
  const { v6, name, port } = match
  // A scope such as %eth0 is part of a link-local address.
  if (v6 !== undefined && !isIPv6(v6)) throw bad(text, `'${v6}' is not an IPv6 address`)
  return { host: v6 ?? name ?? '', port: parsePort(text, port) }
}

function parsePort(text: string, port: string | undefined): number {
  if (port === undefined) return defaultPort
  const value = Number(port)
  if (!/^\d+$/.test(port) || value < 1 || value > 65_535) {
    throw bad(text, `a port is from 1 to 65535, not '${port}'`)
  }
  return value
}

function parseChroot(text: string, path: string): string {
  const chroot = path.replace(/\/+$/, '')
  if (chroot === '') return ''
  const names = chroot.split('/').slice(1)
  if (names.some((name) => name === '' || name === '.' || name === '..')) {
    throw bad(text, `'${path}' is not an absolute path of plain names`)
  }
  return chroot
}

function bad(text: string, reason: string): OptionError {
  return new OptionError('zookeeper', 'HOST[:PORT],...[/CHROOT]', text, { reason })
}

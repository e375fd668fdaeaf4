/** Addresses `HOST:PORT` as the names of registrations. */
import { isIP, isIPv6 } from 'node:net'
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import { formatAddress, OptionError, type TcpAddress } from '@resumelb/common'

/** Characters of the longest host name that DNS allows. */
const maxHostLength = 253

/**
 * Reads `HOST:PORT` or `[IPV6]:PORT`; `undefined` if it is neither. Names of nodes are what others
 * wrote, so this decides what may be dialled.
 */
export function parseRegisteredAddress(text: string): TcpAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(text)
  if (match === null) return undefined
  const [, v6, name, digits] = match
  const port = Number(digits)
  if (port < 1 || port > 65_535) return undefined
  if (v6 !== undefined) return isIPv6(v6) ? { host: v6, port } : undefined
  if (name === undefined || name.length > maxHostLength) return undefined
  return { host: name, port }
}

/**
 * The address to register for a listener. An explicit `host` wins. A listener on all addresses is
 * registered under one: the first IPv4 address that is not internal, else the loopback address.
 * zc.zk registers every interface instead, and load balancers then see one worker several times.
 */
export function advertisedAddress(
  listening: TcpAddress | { readonly address: string; readonly port: number },
  host?: string,
  interfaces: () => NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces,
): string {
  const bound = 'host' in listening ? listening.host : listening.address
  const { port } = listening
  const chosen = host ?? (isWildcard(bound) ? firstExternalIPv4(interfaces()) : bound)
  const text = formatAddress({ host: chosen, port })
  if (parseRegisteredAddress(text) === undefined) {
    throw new OptionError('the registered address', 'HOST:PORT', text)
  }
  return text
}

function isWildcard(host: string): boolean {
  return (
    host === '' || host === '*' || (isIP(host) !== 0 && /^[0.:]+$/.test(host) && host !== '::1')
  )
}

function firstExternalIPv4(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): string {
  const all = Object.values(interfaces).flatMap((infos) => infos ?? [])
  const external = all.find((info) => info.family === 'IPv4' && !info.internal)
  return external?.address ?? '127.0.0.1'
}

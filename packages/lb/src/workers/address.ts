/** Addresses of workers: of the protocol, and of plain HTTP servers. Pure. */
import { type Address, addressText, isUnixAddress, OptionError } from '@resumelb/common'
import { type Origin, originOf } from '@resumelb/upstream'

const httpPattern = /^https?:/i

/** A scheme that workers do not have, which is more likely than a bad HOST:PORT. */
const otherScheme = /^(?!unix:)[a-z][\w+.-]*:\/\//i

/** What the address of an HTTP server at a unix socket begins with; its path follows. */
const httpUnix = 'http+unix:'

/**
 * Where the plain HTTP server is that an address names; `undefined` for a worker of the protocol.
 */
export function httpOriginOf(address: string, option = 'a worker'): Origin | undefined {
  if (address.startsWith(httpUnix)) return originOf(address.slice('http+'.length), option)
  return httpPattern.test(address) ? originOf(address, option) : undefined
}

/** An address as text, the same for the same worker. Throws an OptionError if it is not one. */
export function workerAddressText(address: string | Address, option = 'a worker'): string {
  const text = typeof address === 'string' ? address.trim() : addressText(address, option)
  const origin = httpOriginOf(text, option)
  if (origin === undefined && otherScheme.test(text)) {
    throw new OptionError(option, 'HOST:PORT, unix:/PATH or http://127.0.0.1:9000', text)
  }
  if (origin === undefined) return addressText(text, option)
  if ('path' in origin) return `${httpUnix}${origin.path}`
  const { host, port, isEncrypted } = origin
  return `${isEncrypted ? 'https' : 'http'}://${addressText({ host, port }, option)}`
}

/** The value of the Host field of requests that are the load balancer's own. */
export function hostOf(origin: Origin): string {
  if (isUnixAddress(origin)) return 'localhost'
  const { serverName: host = origin.host, port } = origin
  return addressText({ host, port })
}

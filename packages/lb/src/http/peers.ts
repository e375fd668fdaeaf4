/** The peer of a client connection, and whether it is trusted. */
import type { Socket } from 'node:net'
import { OptionError, trimBlanks } from '@resumelb/common'
import ipaddr from 'ipaddr.js'
import { addressOf } from './forwarded.ts'

/** Facts that are the same for all requests of a connection. */
export interface Peer {
  /** IPv4 addresses in their own form, not as `::ffff:1.2.3.4`. */
  readonly address: string
  readonly port: number
  readonly encrypted: boolean
  /** Whether its X-Forwarded-* are trusted. */
  readonly isTrusted: boolean
  /** The last fields of the header block of its requests, if it is not trusted. */
  readonly forwardedFields: string
}

/** Whether an address belongs to a trusted proxy. */
export type TrustTest = (address: string) => boolean

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number]

/**
 * Creates the test for a list of addresses, networks such as `10.0.0.0/8`, and `loopback`,
 * `linklocal` or `private`. Throws an {@link OptionError} for the first invalid one.
 */
export function trustTest(proxies: readonly string[], option = 'a trusted proxy'): TrustTest {
  const names = new Set<string>()
  const ranges: Range[] = []
  for (const proxy of proxies) {
    const named = namedRanges[proxy.toLowerCase()]
    if (named === undefined) ranges.push(rangeOf(proxy, option))
    else for (const name of named) names.add(name)
  }
  if (names.size === 0 && ranges.length === 0) return () => false
  return (text) => {
    if (!ipaddr.isValid(text)) return false
    const address = ipaddr.process(text)
    return names.has(address.range()) || ranges.some((range) => isIn(address, range))
  }
}

const namedRanges: Readonly<Record<string, readonly string[]>> = {
  loopback: ['loopback'],
  linklocal: ['linkLocal'],
  private: ['private', 'uniqueLocal'],
}

function rangeOf(text: string, option: string): Range {
  try {
    if (text.includes('/')) return ipaddr.parseCIDR(text)
    const address = ipaddr.process(text)
    return [address, address.kind() === 'ipv4' ? 32 : 128]
  } catch (cause) {
    const expectation =
      'an IP address, a network such as 10.0.0.0/8, loopback, linklocal or private'
    throw new OptionError(option, expectation, text, { cause })
  }
}

function isIn(address: ipaddr.IPv4 | ipaddr.IPv6, [network, bits]: Range): boolean {
  return address.kind() === network.kind() && address.match(network, bits)
}

/** Looks up peers once per connection instead of once per request. */
export class Peers {
  readonly #isTrusted: TrustTest
  readonly #peers: WeakMap<Socket, Peer> = new WeakMap()

  constructor(isTrusted: TrustTest) {
    this.#isTrusted = isTrusted
  }

  of(socket: Socket): Peer {
    let peer = this.#peers.get(socket)
    if (peer === undefined) {
      peer = this.#look(socket)
      this.#peers.set(socket, peer)
    }
    return peer
  }

  /**
   * The address of the client, if a trusted peer forwards for it: the last one in the list that
   * does not belong to a trusted proxy, because all before it may be made up.
   */
  clientAddress(peer: Peer, forwardedFor: string | undefined): string {
    if (forwardedFor === undefined) return peer.address
    const hops = forwardedFor.split(',').map(trimBlanks)
    let client = peer.address
    while (hops.length > 0) {
      const hop = addressOf(hops.pop() as string)
      if (hop === undefined) break
      client = plainAddress(hop)
      if (!this.#isTrusted(client)) break
    }
    return client
  }

  #look(socket: Socket): Peer {
    const address = plainAddress(socket.remoteAddress ?? '')
    const encrypted = 'encrypted' in socket && socket.encrypted === true
    const scheme = encrypted ? 'https' : 'http'
    return {
      address,
      port: socket.remotePort ?? 0,
      encrypted,
      isTrusted: this.#isTrusted(address),
      forwardedFields: `X-Forwarded-For\n${address}\nX-Forwarded-Proto\n${scheme}`,
    }
  }
}

function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

/** The peer of a client connection, and whether it is trusted. */
import { isIP, type Server, type Socket } from 'node:net'
import { OptionError, trimBlanks } from '@resumelb/common'
import ipaddr from 'ipaddr.js'
import { addressOf } from './forwarded.ts'

/** Facts that are the same for all requests of a connection. */
export interface Peer {
  /**
   * IPv4 addresses in their own form, not as `::ffff:1.2.3.4`; {@link unixClient} for a unix
   * socket.
   */
  readonly address: string
  readonly port: number
  readonly encrypted: boolean
  /** Whether its X-Forwarded-* are trusted. */
  readonly isTrusted: boolean
  /** The last fields of the header block of its requests, if it is not trusted. */
  readonly forwardedFields: string
}

/** Stands for the address of a client of a unix socket, which has none. nginx has the same text. */
export const unixClient = 'unix:'

/** Whether an address belongs to a trusted proxy. */
export type TrustTest = (address: string) => boolean

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number]

/**
 * Creates the test for a list of addresses, networks such as `10.0.0.0/8`, and `loopback`,
 * `linklocal`, `private` or `unix` (clients of unix sockets). Throws an {@link OptionError} for the
 * first invalid one.
 */
export function trustTest(proxies: readonly string[], option = 'a trusted proxy'): TrustTest {
  const names = new Set<string>()
  const ranges: Range[] = []
  const trustsUnix = proxies.some((proxy) => /^unix:?$/i.test(proxy))
  for (const proxy of proxies) {
    if (/^unix:?$/i.test(proxy)) continue
    const named = namedRanges[proxy.toLowerCase()]
    if (named === undefined) ranges.push(rangeOf(proxy, option))
    else for (const name of named) names.add(name)
  }
  if (names.size === 0 && ranges.length === 0 && !trustsUnix) return () => false
  return (text) => {
    if (text === unixClient) return trustsUnix
    // Stricter than ipaddr.js, which reads `127.1` and `0x7f.1` as 127.0.0.1.
    if (isIP(text) === 0) return false
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
  const expectation =
    'an IP address, a network such as 10.0.0.0/8, loopback, linklocal, private or unix'
  const [address = '', bits] = text.split('/', 2)
  // ipaddr.js reads `10/8` as 0.0.0.10/8.
  if (isIP(address) === 0) throw new OptionError(option, expectation, text)
  try {
    if (bits !== undefined) return ipaddr.parseCIDR(text)
    const plain = ipaddr.process(address)
    return [plain, plain.kind() === 'ipv4' ? 32 : 128]
  } catch (cause) {
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
  readonly #announced: WeakMap<Socket, Pick<Peer, 'address' | 'port'>> = new WeakMap()

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

  /** Whether a connection comes from a trusted proxy, whatever it has announced. */
  trusts(socket: Socket): boolean {
    return this.#isTrusted(remoteAddressOf(socket))
  }

  /**
   * A trusted proxy has named the client of a connection, before anything of the client has come.
   * For a connection over TLS, `socket` is the one below it.
   */
  announce(socket: Socket, client: Pick<Peer, 'address' | 'port'>): void {
    this.#announced.set(socket, client)
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
    const announced = this.#announced.get(rawSocketOf(socket))
    const address = announced?.address ?? remoteAddressOf(socket)
    const encrypted = 'encrypted' in socket && socket.encrypted === true
    const proto = `X-Forwarded-Proto\n${encrypted ? 'https' : 'http'}`
    return {
      address,
      port: announced?.port ?? socket.remotePort ?? 0,
      encrypted,
      isTrusted: this.#isTrusted(address),
      forwardedFields: address === unixClient ? proto : `X-Forwarded-For\n${address}\n${proto}`,
    }
  }
}

/** The socket below that of a TLS connection, as Node.js keeps it; of another, itself. */
function rawSocketOf(socket: Socket): Socket {
  return (socket as { _parent?: Socket | null })._parent ?? socket
}

/**
 * The address of the other end. A connection that is broken already has none either, and must not
 * pass for one of a unix socket: so the server is asked what it listens at.
 */
function remoteAddressOf(socket: Socket): string {
  const { remoteAddress } = socket
  if (remoteAddress !== undefined) return plainAddress(remoteAddress)
  const { server } = socket as { server?: Pick<Server, 'address'> | null }
  return typeof server?.address() === 'string' ? unixClient : ''
}

function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

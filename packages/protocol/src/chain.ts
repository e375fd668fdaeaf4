/**
 * Chains: ever more specific names of what a request needs, each implying those before it, such as
 * a tenant, a conversation, and the blocks of its beginning. Only hashes of the names are kept and
 * sent. Pure.
 */
import { Buffer } from 'node:buffer'
import { asString, bad } from './fields.ts'
import type { RequestClass } from './resume.ts'

/**
 * The hash of a name and of all names before it: a whole number from 1 to {@link maxLink}. Every
 * load balancer computes the same.
 */
export type Link = number

/** From the general to the specific. At most {@link maxChainLength} links. */
export type Chain = readonly Link[]

/** Maximum number of links of one chain. */
export const maxChainLength = 256

export const maxLink: Link = 2 ** 48 - 1

/** Whether the value can be a link. */
export function isLink(value: unknown): value is Link {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= maxLink
}

/**
 * The link of `name` below its parent: the link before it, or the class of the request for the
 * first one. The hash is cyrb53 by bryc, which is in the public domain, shortened to 48 bits. Its
 * collisions can be found on purpose; they make a worker look warm that is not.
 */
export function linkOf(parent: Link | RequestClass, name: string): Link {
  const above = typeof parent === 'string' ? hash(parent, 0, 1) : parent
  return hash(name, above >>> 0, Math.floor(above / 2 ** 32))
}

/** 48 bits over the UTF-16 units of the text; the seeds are the two halves of the parent. */
function hash(text: string, lowSeed: number, highSeed: number): Link {
  let low = 0xdeadbeef ^ lowSeed
  let high = 0x41c6ce57 ^ lowSeed ^ (highSeed << 8)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    low = Math.imul(low ^ unit, 2654435761)
    high = Math.imul(high ^ unit, 1597334677)
  }
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  return (high & 0xffff) * 2 ** 32 + (low >>> 0) || 1
}

/** Octets of a link, and characters of it in base64. */
export const linkOctets = 6
const linkLength = 8

/** Writes a link, big-endian. Returns the end of what it has written. */
export function writeLink(link: Link, bytes: Buffer, at: number): number {
  return bytes.writeUIntBE(link, at, linkOctets)
}

/** Reads a link. Throws a BAD_MESSAGE if it is none. */
export function readLink(bytes: Buffer, at: number): Link {
  const link = bytes.readUIntBE(at, linkOctets)
  if (link === 0) throw bad('link 0, expected more')
  return link
}

/** A chain as one text: the big-endian links in base64, {@link linkLength} characters for each. */
export function chainText(chain: Chain): string {
  const bytes = Buffer.allocUnsafe(linkOctets * chain.length)
  let at = 0
  for (const link of chain) at = writeLink(link, bytes, at)
  return bytes.toString('base64')
}

/** Throws a BAD_MESSAGE if the value is no text of a chain. */
export function readChain(value: unknown): Chain {
  const text = asString(value, 'chain')
  const length = text.length / linkLength
  if (!Number.isInteger(length) || length > maxChainLength) {
    throw bad(`chain of ${text.length} characters, at most ${maxChainLength} × ${linkLength}`)
  }
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length !== linkOctets * length) throw bad('chain is not base64')
  const chain: Link[] = []
  for (let at = 0; at < bytes.length; at += linkOctets) chain.push(readLink(bytes, at))
  return chain
}

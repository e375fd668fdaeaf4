/** WARMTH: what a worker is warm for, of the links of chains. Pure. */
import { Buffer } from 'node:buffer'
import { readUint32, writeUint32 } from './bytes.ts'
import { type Link, linkOctets, readLink, writeLink } from './chain.ts'
import { bad } from './fields.ts'
import { maxWarmthLength } from './frame.ts'

/** Changes of what a worker is warm for. */
export interface WarmthChanges {
  /** Whether `warm` is all that the worker is warm for, instead of an addition. */
  readonly whole?: true
  readonly warm: readonly Link[]
  readonly gone: readonly Link[]
}

/**
 * Takes at most `most` changes out of `changes`, which has for each link whether it is warm now, the
 * first ones first.
 */
export function takeChanges(changes: Map<Link, boolean>, most: number): WarmthChanges {
  const warm: Link[] = []
  const gone: Link[] = []
  for (const [link, isWarm] of changes) {
    if (warm.length + gone.length >= most) break
    changes.delete(link)
    if (isWarm) warm.push(link)
    else gone.push(link)
  }
  return { warm, gone }
}

/** Octets of the number of warm links. */
const countLength = 4

/** Links that fit into one frame. */
export const maxLinksPerFrame: number = Math.floor((maxWarmthLength - countLength) / linkOctets)

/** The payload of a WARMTH with at most {@link maxLinksPerFrame} links. */
export function warmthPayload({ warm, gone }: WarmthChanges): Buffer {
  const bytes = Buffer.allocUnsafe(countLength + linkOctets * (warm.length + gone.length))
  let at = writeUint32(warm.length, bytes, 0)
  for (const links of [warm, gone]) {
    for (const link of links) at = writeLink(link, bytes, at)
  }
  return bytes
}

/** Reads the payload that is `bytes[start, end)`. Throws a BAD_MESSAGE if it is none. */
export function readWarmth(
  bytes: Buffer,
  start: number,
  end: number,
  isWhole: boolean,
): WarmthChanges {
  const warmAt = start + countLength
  const goneAt = warmAt <= end ? warmAt + linkOctets * readUint32(bytes, start) : end + 1
  if (goneAt > end || (end - goneAt) % linkOctets !== 0) throw bad('warmth of a bad length')
  const changes = { warm: readLinks(bytes, warmAt, goneAt), gone: readLinks(bytes, goneAt, end) }
  return isWhole ? { whole: true, ...changes } : changes
}

function readLinks(bytes: Buffer, start: number, end: number): Link[] {
  const links: Link[] = []
  for (let at = start; at < end; at += linkOctets) links.push(readLink(bytes, at))
  return links
}

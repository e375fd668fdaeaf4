/** WARMTH: what a worker is warm for, of the links of chains. Pure. */
import { Buffer } from 'node:buffer'
import { readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts'
import type { Link } from './chain.ts'
import { bad } from './fields.ts'
import { maxWarmthLength } from './frame.ts'

/** Changes of what a worker is warm for. */
export interface WarmthChanges {
  /** Whether `warm` is all that the worker is warm for, instead of an addition. */
  readonly whole?: true
  readonly warm: readonly Link[]
  readonly gone: readonly Link[]
}

/** Octets of the number of warm links, and of a link. */
const countLength = 4
const linkLength = 6

/** Links that fit into one frame. */
export const maxLinksPerFrame: number = Math.floor((maxWarmthLength - countLength) / linkLength)

/** The payload of a WARMTH with at most {@link maxLinksPerFrame} links. */
export function warmthPayload({ warm, gone }: WarmthChanges): Buffer {
  const bytes = Buffer.allocUnsafe(countLength + linkLength * (warm.length + gone.length))
  let at = writeUint32(warm.length, bytes, 0)
  for (const links of [warm, gone]) {
    for (const link of links) {
      at = writeUint16(Math.floor(link / 2 ** 32), bytes, at)
      at = writeUint32(link >>> 0, bytes, at)
    }
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
  const goneAt = warmAt <= end ? warmAt + linkLength * readUint32(bytes, start) : end + 1
  if (goneAt > end || (end - goneAt) % linkLength !== 0) throw bad('warmth of a bad length')
  const changes = { warm: readLinks(bytes, warmAt, goneAt), gone: readLinks(bytes, goneAt, end) }
  return isWhole ? { whole: true, ...changes } : changes
}

function readLinks(bytes: Buffer, start: number, end: number): Link[] {
  const links: Link[] = []
  for (let at = start; at < end; at += linkLength) {
    const link = readUint16(bytes, at) * 2 ** 32 + readUint32(bytes, at + 2)
    if (link === 0) throw bad('link 0, expected more')
    links.push(link)
  }
  return links
}

/** The one msgpackr instance and its settings. */
import { Packr, RESET_BUFFER_MODE, REUSE_BUFFER_MODE } from 'msgpackr'
import { endOfPacked } from './check-packed.ts'
import { HeadTooLongError, ProtocolError } from './errors.ts'
import { maxHeadLength } from './frame.ts'

const packr = new Packr({
  // Plain MessagePack that any library reads, and no record that outlives its frame.
  useRecords: false,
  // A request class may be called `__proto__`.
  mapsAsObjects: false,
})

/** Packed bytes: `bytes[start, end)`. */
export interface Packed {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}

/** Packs into msgpackr's own buffer: what it returns is valid until the next call. */
export function packBriefly(value: unknown): Packed {
  const bytes = packr.pack(value, REUSE_BUFFER_MODE | RESET_BUFFER_MODE) as Buffer & {
    start: number
    end: number
  }
  brief.bytes = bytes
  brief.start = bytes.start
  brief.end = bytes.end
  return brief
}

const brief: { bytes: Buffer; start: number; end: number } = {
  bytes: Buffer.alloc(0),
  start: 0,
  end: 0,
}

/** Packs a head or an end briefly. Throws a {@link HeadTooLongError} if the peer would refuse it. */
export function packHead(row: readonly unknown[]): Packed {
  const packed = packBriefly(row)
  const length = packed.end - packed.start
  if (length > maxHeadLength) throw new HeadTooLongError(length, maxHeadLength)
  return packed
}

/** Packed bytes that stay. */
export function pack(value: unknown): Buffer {
  const { bytes, start, end } = packBriefly(value)
  return Buffer.from(bytes.subarray(start, end))
}

/**
 * Reads one value from `bytes[start, end)`. Throws a BAD_MESSAGE if that is not exactly one plain
 * MessagePack value.
 */
export function unpack(bytes: Buffer, start: number, end: number): unknown {
  if (endOfPacked(bytes, start, end) !== end) {
    throw new ProtocolError('BAD_MESSAGE', 'a payload is not plain MessagePack')
  }
  range.start = start
  range.end = end
  try {
    return packr.unpack(bytes, range)
  } catch (cause) {
    throw new ProtocolError('BAD_MESSAGE', 'a payload is not MessagePack', { cause })
  }
}

const range = { start: 0, end: 0 }

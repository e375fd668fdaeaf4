/** The one msgpackr instance and its settings, and the faster encoding of flat rows. */
import { Packr, RESET_BUFFER_MODE, REUSE_BUFFER_MODE } from 'msgpackr'
import { endOfPacked } from './check-packed.ts'
import { ProtocolError } from './errors.ts'
import { readFlatRow } from './flat-row.ts'

const packr = new Packr({
  // Plain MessagePack that any library can read, and no record definitions.
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

/** Bytes of an encoded value. */
export function packedLength(value: unknown): number {
  const { start, end } = packBriefly(value)
  return end - start
}

/** An encoded value that stays valid. */
export function pack(value: unknown): Buffer {
  const { bytes, start, end } = packBriefly(value)
  return Buffer.from(bytes.subarray(start, end))
}

/**
 * Decodes one value from `bytes[start, end)`. Throws a BAD_MESSAGE if that is not exactly one plain
 * MessagePack value.
 */
export function unpack(bytes: Buffer, start: number, end: number): unknown {
  return readFlatRow(bytes, start, end) ?? unpackAny(bytes, start, end)
}

function unpackAny(bytes: Buffer, start: number, end: number): unknown {
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

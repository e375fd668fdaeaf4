/**
 * Reads and writes numbers and texts. Pure.
 *
 * Calls no methods of the arrays: V8 (11.3 at least) does not inline methods of typed arrays that
 * are called by name, and that call is most of the cost of reading a number.
 */
import { Buffer } from 'node:buffer'

/** Undocumented methods that every `Buffer` has, but its type does not declare. */
interface Natives {
  utf8Slice(start: number, end: number): string
  utf8Write(text: string, start: number): number
}

const { utf8Slice, utf8Write } = Buffer.prototype as unknown as Natives
const { set } = Uint8Array.prototype

/** One number, and its bytes. */
const doubleBytes: Uint8Array = new Uint8Array(8)
const double: DataView = new DataView(doubleBytes.buffer)

export function readUint16(bytes: Buffer, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
}

export function readUint32(bytes: Buffer, at: number): number {
  return ((readUint16(bytes, at) << 16) | readUint16(bytes, at + 2)) >>> 0
}

export function readDouble(bytes: Buffer, at: number): number {
  for (let i = 0; i < 8; i++) doubleBytes[i] = bytes[at + i] as number
  return double.getFloat64(0)
}

/** The writers return the end of what they have written. */
export function writeUint16(value: number, bytes: Buffer, at: number): number {
  bytes[at] = value >>> 8
  bytes[at + 1] = value
  return at + 2
}

export function writeUint32(value: number, bytes: Buffer, at: number): number {
  return writeUint16(value, bytes, writeUint16(value >>> 16, bytes, at))
}

export function writeDouble(value: number, bytes: Buffer, at: number): number {
  double.setFloat64(0, value)
  for (let i = 0; i < 8; i++) bytes[at + i] = doubleBytes[i] as number
  return at + 8
}

/** Decodes `bytes[start, end)` as UTF-8. Throws a RangeError if that exceeds `bytes`. */
export function readUtf8(bytes: Buffer, start: number, end: number): string {
  return utf8Slice.call(bytes, start, end)
}

/** Maximum length of texts that are written faster here than by a native call. */
const shortText = 24

/** Writes a text in UTF-8, for which there must be room. */
export function writeUtf8(text: string, bytes: Buffer, start: number): number {
  const { length } = text
  if (length > shortText) return start + utf8Write.call(bytes, text, start)
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return start + utf8Write.call(bytes, text, start)
    bytes[start + i] = code
  }
  return start + length
}

/** Copies all of `from` into `bytes`, where there must be room. */
export function writeBytes(from: Uint8Array, bytes: Buffer, at: number): number {
  set.call(bytes, from, at)
  return at + from.length
}

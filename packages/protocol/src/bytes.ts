/**
 * Numbers and texts in bytes, and out of them. Pure.
 *
 * Nothing here calls a method of the bytes themselves: to find one, V8 (11.3 at least) leaves compiled
 * code for every typed array, and that is most of what reading a number costs.
 */
import { Buffer } from 'node:buffer'

/** What every `Buffer` has and its types do not tell: the ways out of JavaScript, without detours. */
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

/** The writers return where what they have written ends. */
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

/** The text in UTF-8 that is `bytes[start, end)`. Throws a RangeError if that is not all in `bytes`. */
export function readUtf8(bytes: Buffer, start: number, end: number): string {
  return utf8Slice.call(bytes, start, end)
}

/** Characters up to which a text is written in less time than a call out of JavaScript takes. */
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

/** Copies all of `from` to a place in `bytes`, where there must be room. */
export function writeBytes(from: Uint8Array, bytes: Buffer, at: number): number {
  set.call(bytes, from, at)
  return at + from.length
}

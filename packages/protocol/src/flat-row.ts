/**
 * Encodes and decodes rows that contain no arrays or maps, such as heads and ends, without
 * msgpackr. Pure.
 *
 * Input for a general decoder must first be checked, and it makes a native call for each text, of
 * which a head has eight. This decoder needs no check, and decodes short texts that are close
 * together at once.
 */
import type { Buffer } from 'node:buffer'
import { readLatin1 } from '@resumelb/common'
import {
  readDouble,
  readUint16,
  readUint32,
  readUtf8,
  writeDouble,
  writeUint16,
  writeUint32,
  writeUtf8,
} from './bytes.ts'

/** What a flat row may contain. */
export type Scalar = string | number | boolean
export type FlatRow = readonly Scalar[]

/** Maximum bytes before the content of a text, and of a number. */
const longestPrefix = 5
const longestNumber = 9

/** Maximum bytes of an encoded row. */
export function maxFlatLength(row: FlatRow): number {
  let length = longestPrefix
  for (const value of row) {
    // A UTF-16 unit takes at most three bytes.
    length += typeof value === 'string' ? longestPrefix + 3 * value.length : longestNumber
  }
  return length
}

/**
 * Writes a row of at most 15 values to `bytes` from `start`, where {@link maxFlatLength} bytes must
 * be free. Returns its end.
 */
export function writeFlatRow(row: FlatRow, bytes: Buffer, start: number): number {
  let at = start
  bytes[at++] = 0x90 | row.length
  for (const value of row) {
    if (typeof value === 'string') at = writeText(value, bytes, at)
    else if (typeof value === 'number') at = writeNumber(value, bytes, at)
    else bytes[at++] = value ? 0xc3 : 0xc2
  }
  return at
}

/** Most texts have as many bytes as characters, so the first guess of the length is right. */
function writeText(text: string, bytes: Buffer, start: number): number {
  const at = start + textPrefixLength(text.length)
  const length = writeUtf8(text, bytes, at) - at
  const contentAt = start + textPrefixLength(length)
  if (contentAt !== at) bytes.copyWithin(contentAt, at, at + length)
  writeTextPrefix(length, bytes, start)
  return contentAt + length
}

function textPrefixLength(length: number): number {
  if (length < 0x20) return 1
  if (length < 0x100) return 2
  return length < 0x1_0000 ? 3 : longestPrefix
}

function writeTextPrefix(length: number, bytes: Buffer, at: number): void {
  if (length < 0x20) bytes[at] = 0xa0 | length
  else if (length < 0x100) {
    bytes[at] = 0xd9
    bytes[at + 1] = length
  } else if (length < 0x1_0000) {
    bytes[at] = 0xda
    writeUint16(length, bytes, at + 1)
  } else {
    bytes[at] = 0xdb
    writeUint32(length, bytes, at + 1)
  }
}

function writeNumber(value: number, bytes: Buffer, at: number): number {
  if (value >>> 0 !== value) {
    bytes[at] = 0xcb
    return writeDouble(value, bytes, at + 1)
  }
  if (value < 0x80) {
    bytes[at] = value
    return at + 1
  }
  if (value < 0x100) {
    bytes[at] = 0xcc
    bytes[at + 1] = value
    return at + 2
  }
  if (value < 0x1_0000) {
    bytes[at] = 0xcd
    return writeUint16(value, bytes, at + 1)
  }
  bytes[at] = 0xce
  return writeUint32(value, bytes, at + 1)
}

/**
 * Decodes the row that is all of `bytes[start, end)`. Returns undefined for anything else: a value
 * of another kind, an invalid one, or a row in a form that the encoders here do not use.
 */
export function readFlatRow(bytes: Buffer, start: number, end: number): Scalar[] | undefined {
  const first = start < end ? (bytes[start] as number) : 0
  if ((first & 0xf0) !== 0x90) return undefined
  const cursor = new Cursor(start + 1, end)
  const row: Scalar[] = []
  for (let left = first & 0x0f; left > 0; left--) {
    const value = readScalar(cursor, bytes)
    if (value === undefined) return undefined
    row.push(value)
  }
  return cursor.at === end ? row : undefined
}

/** Bytes that are decoded at once for the short texts among them. */
const windowLength = 128

/** Maximum length of texts that are looked for in the window. */
const longestInWindow = 64

/** The position of a reader in a row. */
class Cursor {
  at: number
  readonly end: number
  /** The bytes from `windowStart` to `windowEnd` as latin1 text. */
  window = ''
  windowStart = 0
  windowEnd = 0

  constructor(at: number, end: number) {
    this.at = at
    this.end = end
  }
}

/** Reads a value, and moves the cursor behind it. */
function readScalar(cursor: Cursor, bytes: Buffer): Scalar | undefined {
  const { at, end } = cursor
  if (at >= end) return undefined
  const first = bytes[at] as number
  if (first < 0x80) {
    cursor.at = at + 1
    return first
  }
  if (first >= 0xa0 && first < 0xc0) return readText(cursor, bytes, at + 1, first & 0x1f)
  // A read beyond the end is not used, because then the value exceeds the end, too.
  switch (first) {
    case 0xd9:
      return readText(cursor, bytes, at + 2, bytes[at + 1] as number)
    case 0xda:
      return at + 3 <= end ? readText(cursor, bytes, at + 3, readUint16(bytes, at + 1)) : undefined
    case 0xc2:
      return readFixed(cursor, 1, false)
    case 0xc3:
      return readFixed(cursor, 1, true)
    case 0xcb:
      return at + 9 <= end ? readFixed(cursor, 9, readDouble(bytes, at + 1)) : undefined
    case 0xcc:
      return at + 2 <= end ? readFixed(cursor, 2, bytes[at + 1] as number) : undefined
    case 0xcd:
      return at + 3 <= end ? readFixed(cursor, 3, readUint16(bytes, at + 1)) : undefined
    case 0xce:
      return at + 5 <= end ? readFixed(cursor, 5, readUint32(bytes, at + 1)) : undefined
    default:
      return undefined
  }
}

function readFixed<Value extends Scalar>(cursor: Cursor, length: number, value: Value): Value {
  cursor.at += length
  return value
}

function readText(
  cursor: Cursor,
  bytes: Buffer,
  start: number,
  length: number,
): string | undefined {
  const end = start + length
  if (!(end <= cursor.end)) return undefined
  cursor.at = end
  if (length === 0) return ''
  if (length > longestInWindow || !isAscii(bytes, start, end)) {
    return readUtf8(bytes, start, end)
  }
  if (end > cursor.windowEnd) {
    cursor.windowStart = start
    cursor.windowEnd = Math.min(start + windowLength, cursor.end)
    cursor.window = readLatin1(bytes, start, cursor.windowEnd)
  }
  return cursor.window.slice(start - cursor.windowStart, end - cursor.windowStart)
}

function isAscii(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    if ((bytes[at] as number) > 0x7f) return false
  }
  return true
}

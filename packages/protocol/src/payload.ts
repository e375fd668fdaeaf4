/** Payloads that are not packed: length of a head, numbers, reset codes. Pure. */
import type { Buffer } from 'node:buffer'
import { readUint32 } from './bytes.ts'
import { ProtocolError, type ResetCode, resetCodes } from './errors.ts'
import { headPrefixLength } from './frame.ts'

/**
 * The end of a packed head that begins with its length. Throws a BAD_MESSAGE if it exceeds the
 * frame.
 */
export function headEnd(bytes: Buffer, start: number, end: number): number {
  const headAt = start + headPrefixLength
  const bodyAt = headAt <= end ? headAt + readUint32(bytes, start) : Number.POSITIVE_INFINITY
  if (bodyAt <= end) return bodyAt
  throw new ProtocolError('BAD_MESSAGE', 'a head is longer than its frame')
}

/** Reads a payload that is one number. Throws a BAD_MESSAGE if it is not. */
export function readNumber(bytes: Buffer, start: number, end: number): number {
  if (end - start !== 4) throw new ProtocolError('BAD_MESSAGE', 'expected a number of 4 bytes')
  return readUint32(bytes, start)
}

/** Reads the payload of a RESET. An unknown code is treated as FAILED. */
export function readResetCode(bytes: Buffer, start: number, end: number): ResetCode {
  const number = readNumber(bytes, start, end)
  return resetNames.find((name) => resetCodes[name] === number) ?? 'FAILED'
}

const resetNames = Object.keys(resetCodes) as ResetCode[]

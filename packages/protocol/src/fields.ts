/** Validates unpacked values, field by field; invalid ones are a BAD_MESSAGE. */
import { ProtocolError } from './errors.ts'
import { maxClassLength, maxMeasure, maxSeconds, type RequestClass } from './resume.ts'

/** Most messages are an array in which each position has a fixed meaning. */
export type Row = readonly unknown[]

export function bad(what: string): ProtocolError {
  return new ProtocolError('BAD_MESSAGE', what)
}

export function asRow(value: unknown, atLeast: number, what: string): Row {
  if (Array.isArray(value) && value.length >= atLeast) return value
  throw bad(`${what} is not an array of at least ${atLeast}`)
}

export function asMap(value: unknown, what: string): Map<unknown, unknown> {
  if (value instanceof Map) return value
  throw bad(`${what} is not a map`)
}

export function asString(value: unknown, what: string): string {
  if (typeof value === 'string') return value
  throw bad(`${what} is not a string`)
}

export function asNumber(value: unknown, what: string): number {
  if (typeof value === 'number') return value
  throw bad(`${what} is not a number`)
}

/**
 * A measurement: never negative, infinite or NaN. More than there can be counts as `most`, so that
 * it cannot corrupt a mean: peers of earlier releases do not know the bounds.
 */
export function asMeasure(value: unknown, what: string, most: number = maxMeasure): number {
  if (Number.isFinite(value) && (value as number) >= 0) return Math.min(value as number, most)
  throw bad(`${what} is not a number from 0`)
}

export function asSeconds(value: unknown, what: string): number {
  return asMeasure(value, what, maxSeconds)
}

export function asLimit(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value
  throw bad(`${what} is not a whole number from 1`)
}

export function asClass(value: unknown): RequestClass {
  const name = asString(value, 'request class')
  if (name.length <= maxClassLength) return name
  throw bad(`request class of ${name.length} characters, at most ${maxClassLength}`)
}

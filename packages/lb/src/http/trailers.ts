/** The fields that are allowed as trailers (RFC 9110 §6.5.1). Pure. */
import { knownField } from './known-fields.ts'

/**
 * Lower-case names of fields that are meaningful only before the body, for framing, routing,
 * handling and authenticating a message. Fields with a meaning for proxies are not repeated here.
 */
const headOnly: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'cache-control',
  'content-encoding',
  'content-range',
  'content-type',
  'expires',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'location',
  'max-forwards',
  'pragma',
  'range',
  'retry-after',
  'set-cookie',
  'vary',
  'warning',
  'www-authenticate',
])

/** Whether a trailer field with this name is passed on; others are dropped. */
function isTrailer(name: string): boolean {
  return knownField(name) === undefined && !headOnly.has(name.toLowerCase())
}

/** The names and values, alternating, that are passed on. */
export function trailersOf(fields: readonly string[]): string[] {
  const kept: string[] = []
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = fields[at] as string
    if (isTrailer(name)) kept.push(name, fields[at + 1] as string)
  }
  return kept
}

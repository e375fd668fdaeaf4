/** Header fields with a meaning for proxies. Pure. */
import { hopByHopNames } from '@resumelb/common'

/** The name of this load balancer in `Via` (RFC 9110 §7.6.3). */
export const pseudonym = 'resumelb'

const endToEndNames = [
  'content-length',
  'date',
  'expect',
  'forwarded',
  'host',
  'max-forwards',
  'via',
  'x-client-ip',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-original-url',
  'x-real-ip',
  'x-request-id',
  'x-rewrite-url',
] as const

type SpecialName = (typeof hopByHopNames)[number] | (typeof endToEndNames)[number]

/**
 * The lower-case name of such a field. `x-forwarded-*` stands for any other of those; `look-alike`
 * has `_` instead of `-` in such a name, which CGI, WSGI and PHP do not distinguish.
 */
export type KnownField = SpecialName | 'x-forwarded-port' | 'x-forwarded-*' | 'look-alike'

const specialNames: readonly SpecialName[] = [...hopByHopNames, ...endToEndNames]

const longestSpecial = Math.max(...specialNames.map((name) => name.length))

/**
 * Index + 1 of the known name in each slot (see {@link slotOf}); no two names share a slot. A byte
 * array, because V8 would turn a sparse array into a hash table.
 */
const specialBySlot = new Uint8Array((longestSpecial + 1) << 10)
for (const [at, name] of specialNames.entries()) {
  specialBySlot[slotOf(name.length, ...endsOf(name))] = at + 1
}

/** A number from the length of a name and the low bits of its first and last characters. */
function slotOf(length: number, first: number, last: number): number {
  return (length << 10) | ((first & 31) << 5) | (last & 31)
}

function endsOf(name: string): [first: number, last: number] {
  return [name.charCodeAt(0), name.charCodeAt(name.length - 1)]
}

/** The only known name with this length and these first and last characters, if there is one. */
export function knownFieldLike(
  length: number,
  first: number,
  last: number,
): SpecialName | undefined {
  if (length > longestSpecial) return undefined
  const number = specialBySlot[slotOf(length, first, last)] as number
  return number === 0 ? undefined : specialNames[number - 1]
}

/**
 * The lower-case name of a field with a meaning for proxies. Allocates nothing for other fields.
 */
export function knownField(name: string): KnownField | undefined {
  const { length } = name
  const known = knownFieldLike(length, name.charCodeAt(0), name.charCodeAt(length - 1))
  if (known !== undefined && known === name) return known
  if (known === undefined && !mayBeForwarded(length, name.charCodeAt(0))) return undefined
  const lowerCase = name.toLowerCase()
  if (lowerCase === known) return known
  const spelled = lowerCase.replaceAll('_', '-')
  if (spelled !== known && !spelled.startsWith(forwardedPrefix)) return undefined
  if (spelled !== lowerCase) return 'look-alike'
  return spelled === 'x-forwarded-port' ? spelled : 'x-forwarded-*'
}

const forwardedPrefix = 'x-forwarded-'

/** Whether a name with this length and first character may be one of X-Forwarded-*. */
export function mayBeForwarded(length: number, first: number): boolean {
  return length > forwardedPrefix.length && (first | 0x20) === 0x78
}

/** Whether this is a valid Content-Length: up to fifteen digits are a safe integer. */
export function isLength(value: string): boolean {
  return digits.test(value)
}

const digits = /^\d{1,15}$/

/** Numbers as people type them: plain, times and bytes. Pure. */

const quantity = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([a-z]*)$/i

const milliseconds: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

const bytes: Readonly<Record<string, number>> = {
  k: 1024,
  kib: 1024,
  m: 1024 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gib: 1024 ** 3,
}

/**
 * The number that a text stands for; NaN if for none. With a unit of `ms` or `s` the text is a time
 * in seconds, or with a unit of its own, and the number is in that unit.
 */
export function parseQuantity(text: string, unit?: 'ms' | 's' | 'bytes'): number {
  const [, digits, suffix = ''] = quantity.exec(text.trim()) ?? []
  if (digits === undefined) return Number.NaN
  const number = Number(digits)
  if (unit === undefined) return suffix === '' ? number : Number.NaN
  if (unit === 'bytes') return number * (suffix === '' ? 1 : factor(bytes, suffix))
  const time = number * factor(milliseconds, suffix === '' ? 's' : suffix)
  return unit === 'ms' ? time : time / 1000
}

function factor(factors: Readonly<Record<string, number>>, suffix: string): number {
  const lowerCase = suffix.toLowerCase()
  return (Object.hasOwn(factors, lowerCase) ? factors[lowerCase] : undefined) ?? Number.NaN
}

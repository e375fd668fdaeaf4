/** Suggests the name that was probably meant. Pure. */
import type { OptionErrorDetails } from '../errors.ts'

/** Characters of the longest name for which another is suggested. */
const maxLength = 100

/** Letters that a slip of the fingers changes at most. */
const slip = 1

/**
 * The name that was probably meant. That is one that differs by a slip; else one with the same first
 * words, as `resume-file` for `resume` or `admin` for `admin-address`; else the most similar one that
 * is similar enough.
 */
function similarName(name: string, names: Iterable<string>): string | undefined {
  if (name.length > maxLength) return undefined
  const all = [...names]
  const [nearest, distance] = nearestTo(name, all)
  return distance <= slip ? nearest : (relatedName(name, all) ?? nearest)
}

/** The most similar of the names, and its distance; none if they are all too different. */
function nearestTo(name: string, names: readonly string[]): [string | undefined, number] {
  const wanted = plain(name)
  let best: string | undefined
  let least = Math.floor(wanted.length / 3) + 2
  for (const candidate of names) {
    const distance = editDistance(wanted, plain(candidate))
    if (distance < least) {
      least = distance
      best = candidate
    }
  }
  return [best, least]
}

/** The shortest name that begins with these words, or else the longest one that they begin with. */
function relatedName(name: string, names: readonly string[]): string | undefined {
  const wanted = wordsOf(name)
  const byLength = names
    .map((other) => ({ other, words: wordsOf(other) }))
    .sort((one, another) => one.words.length - another.words.length)
  const longer = byLength.find(({ words }) => words.startsWith(wanted))
  return (longer ?? byLength.findLast(({ words }) => wanted.startsWith(words)))?.other
}

/** The words of a name in kebab-case, snake_case or camelCase, each with a hyphen after it. */
function wordsOf(name: string): string {
  const words = name.replace(/([a-z])([A-Z])/g, '$1-$2').replace(/_/g, '-')
  return `${words.toLowerCase()}-`
}

/** The end of a message about an unknown name. */
export function didYouMean(name: string, names: Iterable<string>, prefix = ''): string {
  const similar = similarName(name, names)
  return similar === undefined ? '' : `: did you mean ${prefix}${similar}?`
}

/** The same for the message of an OptionError. */
export function hintAt(name: string, names: Iterable<string>): OptionErrorDetails {
  const similar = similarName(name, names)
  return similar === undefined ? {} : { reason: `did you mean ${similar}?` }
}

function plain(name: string): string {
  return name.replace(/[-_]/g, '').toLowerCase()
}

/** Letters to insert, drop, replace or swap with the next one to get from one word to the other. */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = Number(last[j - 1]) + (from[i - 1] === to[j - 1] ? 0 : 1)
      const isSwapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      const swapped = isSwapped ? Number(beforeLast[j - 2]) + 1 : Number.POSITIVE_INFINITY
      row[j] = Math.min(replaced, Number(row[j - 1]) + 1, Number(last[j]) + 1, swapped)
    }
    beforeLast = last
    last = row
  }
  return last[to.length] ?? 0
}

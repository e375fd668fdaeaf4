/** Suggests the name that was probably meant. Pure. */

/** The most similar of the names, if one is similar enough to be meant. */
function similarName(name: string, names: Iterable<string>): string | undefined {
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
  return best
}

/** The end of a message about an unknown name. */
export function didYouMean(name: string, names: Iterable<string>, prefix = ''): string {
  const similar = similarName(name, names)
  return similar === undefined ? '' : `: did you mean ${prefix}${similar}?`
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

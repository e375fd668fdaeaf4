/** What has changed between two lists of addresses, for the log. Pure. */

/** Maximum number of addresses in one line of the log. */
const maxNamed = 20

/** Addresses, as far as one line of the log has room for them. */
export interface Difference {
  readonly appeared: readonly string[]
  readonly gone: readonly string[]
}

export function differenceOf(before: ReadonlySet<string>, after: ReadonlySet<string>): Difference {
  return { appeared: missingIn(before, after), gone: missingIn(after, before) }
}

function missingIn(some: ReadonlySet<string>, others: ReadonlySet<string>): string[] {
  return [...others].filter((address) => !some.has(address)).slice(0, maxNamed)
}

/** The union of sets, for sets of workers to be avoided. */

/** All that is in any of the sets; `undefined` if nothing is. */
export function union<Element>(
  ...sets: (ReadonlySet<Element> | undefined)[]
): ReadonlySet<Element> | undefined {
  const filled = sets.filter((set) => set !== undefined && set.size > 0)
  if (filled.length <= 1) return filled[0]
  return new Set(filled.flatMap((set) => [...(set ?? [])]))
}

/** How many links an application keeps in its caches, from what was warm and what was not. */

/** Candidates from one number of links to its double. */
const perOctave = 8

/** Observations over which the cost of a candidate decays to 1/e. */
const memory = 1000

/**
 * How many more observations must speak against a candidate than against the best one before a
 * larger one is given up.
 */
const margin = 3

/**
 * Compares candidates: for each one, it adds up how badly it explains what was observed, and takes
 * the largest that is nearly as good as the best. A candidate is judged by where a request found
 * the links of its chain in the order of their last use, so any number of links is tried at once,
 * as in simulations of caches by stack distance (R. Mattson et al., 1970). An outlier costs no
 * more than 1, and more than half of the observations must agree: a median, not a mean. Pure.
 */
export class CapacityEstimate {
  /** Ascending: 0, about 9 % more each time, and Infinity. */
  #candidates: number[] = []
  #costs = new Float64Array(0)
  #chosen = 0
  #limit = 0

  /** `limit`: the largest number of links that is estimated. */
  constructor(limit: number) {
    this.limit = limit
  }

  /** The estimate. Infinity if there is no sign that anything is lost. */
  get capacity(): number {
    return this.#candidates[this.#chosen] as number
  }

  /** A new limit keeps the estimate, if it is below that, and forgets what it was learned from. */
  set limit(limit: number) {
    if (limit === this.#limit) return
    const before = this.#limit === 0 ? Number.POSITIVE_INFINITY : this.capacity
    this.#limit = limit
    this.#candidates = candidatesUpTo(limit)
    this.#costs = new Float64Array(this.#candidates.length)
    this.#chosen = this.#candidates.findIndex((candidate) => candidate >= before)
  }

  /**
   * `reach`: for each leading link of a chain, the capacity from which on it was warm; `costOf`:
   * how badly the observation fits each depth, from 0 to 1.
   */
  learn(reach: readonly number[], costOf: (depth: number) => number): void {
    if (reach.length === 0) return
    const [candidates, costs] = [this.#candidates, this.#costs]
    let depth = 0
    let cost = costOf(0)
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < candidates.length; i++) {
      const before = depth
      while (depth < reach.length && (reach[depth] as number) <= (candidates[i] as number)) depth++
      if (depth !== before) cost = costOf(depth)
      const sum = (costs[i] as number) * (1 - 1 / memory) + cost
      costs[i] = sum
      if (sum < least) least = sum
    }
    let chosen = candidates.length - 1
    while ((costs[chosen] as number) > least + margin) chosen--
    this.#chosen = chosen
  }
}

function candidatesUpTo(limit: number): number[] {
  const candidates = [0]
  let last = 0
  for (let i = 0; last < limit; i++) {
    const next = Math.min(limit, Math.round(2 ** (i / perOctave)))
    if (next > last) candidates.push(next)
    last = next
  }
  return [...candidates, Number.POSITIVE_INFINITY]
}

/** Keeps two living holders of one address from taking it from each other endlessly. */

/** So many losses of a node within {@link fightWindow} session timeouts are a fight. */
export const lossesOfFight = 3
export const fightWindow = 10

/**
 * Counts how often our node was taken by another session. A dead process's node is taken once; if
 * ours is taken again and again, another living process means the same address.
 */
export class TakeoverGuard {
  /** The latest, at most {@link lossesOfFight}, oldest first; milliseconds. */
  #losses: number[] = []
  #isFight = false

  /** Whether we give in: from then on we wait until the node is free. */
  get isFight(): boolean {
    return this.#isFight
  }

  taken(now: number, sessionTimeout: number): void {
    const since = now - fightWindow * sessionTimeout
    this.#losses = [...this.#losses, now].filter((loss) => loss >= since).slice(-lossesOfFight)
    if (this.#losses.length >= lossesOfFight) this.#isFight = true
  }

  /** The other has gone. */
  free(): void {
    this.#losses = []
    this.#isFight = false
  }
}

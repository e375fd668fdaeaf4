/** Where a request should not go because of what classes hold. Pure. */
import { type Explanation, withRole } from '../../explanation.ts'
import type { PickArgs } from '../../pick.ts'
import { union } from '../union.ts'

/** A pick that is worth trying, and what it is to avoid. */
interface Attempt<Worker> {
  readonly pick: PickArgs
  readonly avoid: ReadonlySet<Worker> | undefined
}

export class Limits<Worker> {
  /** Workers that are kept for other classes. */
  readonly #reserved: ReadonlySet<Worker> | undefined
  /** Workers where nothing gets on. */
  readonly #blocked: ReadonlySet<Worker> | undefined

  constructor(reserved: ReadonlySet<Worker> | undefined, blocked: ReadonlySet<Worker> | undefined) {
    this.#reserved = reserved
    this.#blocked = blocked
  }

  /**
   * What to try, the best first: those that follow are for requests that no other worker can take.
   * `avoid` holds the workers that have failed the request, or have given it back.
   */
  *attempts(
    pick: PickArgs,
    avoid: ReadonlySet<Worker> | undefined,
  ): Generator<Attempt<Worker>, void, undefined> {
    if (this.#blocked !== undefined) {
      // Rather than fail, it waits where nothing gets on.
      const careful = { ...pick, mustBeHealthy: true }
      yield { pick: careful, avoid: union(avoid, this.#reserved, this.#blocked) }
    }
    if (this.#reserved === undefined) return
    yield { pick, avoid: union(avoid, this.#reserved) }
    // Rather than take what is kept for others, it waits where it was.
    if (pick.wasGivenBack) yield { pick, avoid: this.#reserved }
  }

  /** Marks the workers in an explanation. */
  explained(explanation: Explanation<Worker>): Explanation<Worker> {
    const { chosen } = explanation
    let marked = explanation
    if (this.#reserved !== undefined) marked = withRole(marked, this.#reserved, 'reserved')
    const blocked = chosen !== undefined && this.#blocked?.has(chosen) ? undefined : this.#blocked
    return blocked === undefined ? marked : withRole(marked, blocked, 'blocked')
  }
}

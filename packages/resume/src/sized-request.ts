/** A request with a size, from its beginning to its end. */
import type { Chain, RequestHead } from '@resumelb/protocol'
import type { ResumeKeeper } from './resume-keeper.ts'
import { type ServedRequest, uncachedUnits } from './served-request.ts'

/** What a request says of its size, as its head has it. */
export type SizedHead = Pick<RequestHead, 'requestClass' | 'units' | 'chain'>

/** Pure; times are in milliseconds, unless they are called seconds. */
export class SizedRequest {
  /** Expected seconds to the end of the response, and those to its first byte. */
  readonly expectedSeconds: number
  readonly expectedFirst: number
  /** Of these, those for which requests that come later have to wait at the application. */
  readonly #expectedServing: number
  readonly #keeper: ResumeKeeper
  readonly #units: number | undefined
  readonly #chain: Chain
  #reach: readonly number[] = []
  /** How many leading links were warm: as is believed when it begins, or as the application says. */
  #believed = 0
  #told: number | undefined
  #answeredAt: number | undefined
  /** Units of others that had to be computed when it began, and its own, until it is answered. */
  #ahead = 0
  #uncached: number | undefined

  constructor(keeper: ResumeKeeper, { requestClass, units, chain = [] }: SizedHead) {
    this.#keeper = keeper
    this.#units = units
    this.#chain = chain
    const uncached = uncachedUnits({ units, chain }, keeper.warm.depthOf(chain))
    this.expectedSeconds = keeper.expectedSeconds(requestClass, { units: uncached })
    this.#expectedServing = keeper.expectedServing(requestClass, uncached)
    const rest = keeper.expectedRest(requestClass)
    this.expectedFirst = Math.max(0, this.expectedSeconds - rest)
  }

  /** Undefined if the request has no size, as most have none. */
  static of(keeper: ResumeKeeper, head: SizedHead): SizedRequest | undefined {
    if (head.units === undefined && head.chain === undefined) return undefined
    return new SizedRequest(keeper, head)
  }

  /** Whether the first byte of the body of its response was sent before its end. */
  get isAnswered(): boolean {
    return this.#answeredAt !== undefined
  }

  /** How deep it was warm when it began, for reports; absent without a chain. */
  get depth(): number | undefined {
    return this.#chain.length === 0 ? undefined : (this.#told ?? this.#believed)
  }

  /**
   * Expected seconds of work at an application of so many slots, to the end of the response and to
   * its first byte: while it computes a request alone, all of its slots wait.
   */
  expectedWork(slots: number): { readonly whole: number; readonly first: number } {
    const alone = (slots - 1) * this.#expectedServing
    return { whole: this.expectedSeconds + alone, first: this.expectedFirst + alone }
  }

  /** The application begins with it. */
  begin(): void {
    const { ahead, warm } = this.#keeper
    if (this.#chain.length > 0) {
      this.#reach = warm.reachOf(this.#chain)
      this.#believed = warm.depthOf(this.#chain)
    }
    this.#ahead = ahead.units
    this.#uncached = uncachedUnits({ units: this.#units, chain: this.#chain }, this.#believed)
    ahead.add(this.#uncached)
  }

  /** Nothing is left to be computed: it is answered, or over. */
  leave(): void {
    if (this.#uncached === undefined) return
    this.#keeper.ahead.remove(this.#uncached)
    this.#uncached = undefined
  }

  /** The response begins with the first byte of its body: by now everything is computed. */
  answer(now: number): void {
    this.#answeredAt = now
    this.leave()
    this.#keeper.warm.touch(this.#chain)
  }

  /** The application says how many leading links of its chain were warm. */
  tell(depth: number): void {
    this.#told = Math.min(depth, this.#chain.length)
  }

  /** What was measured of it, after so many seconds. */
  served(seconds: number, beganAt: number): ServedRequest {
    const answeredAt = this.#answeredAt
    return {
      seconds,
      firstSeconds: answeredAt === undefined ? undefined : (answeredAt - beganAt) / 1000,
      ahead: this.#ahead,
      units: this.#units,
      chain: this.#chain,
      reach: this.#reach,
      depth: this.#told,
    }
  }
}

/** A request with a size, from its beginning to its end. */
import type { Chain, RequestHead } from '@resumelb/protocol'
import type { ResumeKeeper } from './resume-keeper.ts'
import type { ServedRequest } from './served-request.ts'

/** What a request says of its size, as its head has it. */
export type SizedHead = Pick<RequestHead, 'requestClass' | 'units' | 'chain'>

/** Pure; times are in milliseconds, unless they are called seconds. */
export class SizedRequest {
  /** Expected seconds to the end of the response, and those to its first byte. */
  readonly expectedSeconds: number
  readonly expectedFirst: number
  readonly #keeper: ResumeKeeper
  readonly #units: number | undefined
  readonly #chain: Chain
  #reach: readonly number[] = []
  /** How many leading links were warm: as is believed when it begins, or as the application says. */
  #believed = 0
  #told: number | undefined
  #answeredAt: number | undefined

  constructor(keeper: ResumeKeeper, { requestClass, units, chain = [] }: SizedHead) {
    this.#keeper = keeper
    this.#units = units
    this.#chain = chain
    this.expectedSeconds = keeper.expectedSeconds(requestClass, { units, chain })
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

  /** The application begins with it. */
  begin(): void {
    if (this.#chain.length === 0) return
    this.#reach = this.#keeper.warm.reachOf(this.#chain)
    this.#believed = this.#keeper.warm.depthOf(this.#chain)
  }

  /** The response begins with the first byte of its body: by now everything is computed. */
  answer(now: number): void {
    this.#answeredAt = now
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
      units: this.#units,
      chain: this.#chain,
      reach: this.#reach,
      depth: this.#told,
    }
  }
}

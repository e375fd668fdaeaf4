/** Decides whose bodies are read before their requests are classified, and for how long. */
import type { AwakeClock } from '@resumelb/common'
import type { GuardedClassifier } from '../classify/guard.ts'
import type { UnreadCause } from '../events.ts'
import type { BodyView } from '../http/body-view.ts'
import type { HttpExchange } from '../http/http-exchange.ts'
import type { BalancingOptions } from '../options.ts'
import type { PickArgs } from '../pool/pick.ts'

/** A request whose body is being read, or kept. */
export interface Collecting {
  readonly http: HttpExchange
  /** What the classifier says of it. */
  pick: PickArgs
  /** Whether its body is read first, or has been and is kept. */
  keepsBody: boolean
  /** Bytes of the body that are kept. */
  bytesKept: number
  /** Its body has not come whole in time. */
  onCollectTimeout(): void
}

export type CollectorLimits = Pick<
  Required<BalancingOptions>,
  'maxClassifiedBody' | 'maxClassifiedBodies' | 'classifyTimeout'
>

export class BodyCollector {
  readonly #limits: CollectorLimits
  readonly #clock: AwakeClock
  readonly #classifier: GuardedClassifier
  /**
   * Those whose body is being read, with their deadlines, in the order in which they began: all may
   * take equally long.
   */
  readonly #reading: Map<Collecting, number> = new Map()
  /** Bytes of bodies that are kept. */
  #kept = 0
  readonly #onUnread: (cause: UnreadCause) => void

  /** `onUnread`: a request is classified without its body, though the classifier needs it. */
  constructor(
    limits: CollectorLimits,
    clock: AwakeClock,
    classifier: GuardedClassifier,
    onUnread: (cause: UnreadCause) => void,
  ) {
    this.#limits = limits
    this.#clock = clock
    this.#classifier = classifier
    this.#onUnread = onUnread
  }

  /** Whether the body of the request is to be read before it is classified. */
  reads({ request, facts, refusal }: HttpExchange): boolean {
    const test = this.#classifier.readsBody
    if (test === undefined || facts.contentLength === 0) return false
    if (refusal !== undefined || facts.upgrade !== undefined || facts.isForUs) return false
    return test(request) && this.#isWithin(facts.contentLength, this.#kept + facts.contentLength)
  }

  /** Begins to read a body. */
  begin(item: Collecting): void {
    item.keepsBody = true
    this.#reading.set(item, this.#clock.now() + this.#limits.classifyTimeout)
  }

  /** More bytes of a body have come. False if it is not to be read any further. */
  take(item: Collecting, bytes: number): boolean {
    item.bytesKept += bytes
    this.#kept += bytes
    return this.#isWithin(item.bytesKept, this.#kept)
  }

  #isWithin(length: number, together: number): boolean {
    const { maxClassifiedBody, maxClassifiedBodies } = this.#limits
    if (length > maxClassifiedBody) this.#onUnread('TOO_LONG')
    else if (together > maxClassifiedBodies) this.#onUnread('NO_ROOM')
    else return true
    return false
  }

  /**
   * Classifies a request whose body has been read, or could not be (`undefined`). What was read is
   * still kept.
   */
  classify(item: Collecting, body: BodyView | undefined): void {
    this.#reading.delete(item)
    item.pick = this.#classifier.classify(item.http.request, body)
  }

  /** The body is no longer kept. */
  release(item: Collecting): void {
    this.#reading.delete(item)
    this.#kept -= item.bytesKept
    item.bytesKept = 0
    item.keepsBody = false
  }

  /** Gives up waiting for the bodies that have taken too long. */
  sweep(now: number): void {
    for (const [item, deadline] of this.#reading) {
      if (deadline > now) return
      this.#reading.delete(item)
      this.#onUnread('TIMEOUT')
      item.onCollectTimeout()
    }
  }
}

/** Decides whose bodies are read before their requests are classified, and for how long. */
import type { AwakeClock } from '@resumelb/common'
import type { BodyTest } from '../classify/classifier.ts'
import type { UnreadCause } from '../events.ts'
import type { BodyView } from '../http/body-view.ts'
import type { HttpExchange } from '../http/http-exchange.ts'
import type { RequestView } from '../http/request-view.ts'
import type { BalancingOptions } from '../options.ts'
import type { PickArgs } from '../pool/pick.ts'

/** The classifier in use. */
export interface CurrentClassifier {
  /** Must not throw. */
  readonly classify: (request: RequestView, body?: BodyView) => PickArgs
  /** Which requests are to be classified with their bodies; `undefined`: none. */
  readonly readsBody: BodyTest | undefined
}

/** A request whose body is being read, or kept. */
export interface Collecting {
  readonly http: HttpExchange
  /** What the classifier says of it. */
  pick: PickArgs
  /** Bytes that are reserved for its body; 0 if none are. */
  room: number
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
  readonly #classifier: CurrentClassifier
  /**
   * Those whose body is being read, with their deadlines, in the order in which they began: all may
   * take equally long.
   */
  readonly #reading: Map<Collecting, number> = new Map()
  /** Bytes reserved for bodies. */
  #taken = 0

  /** A request is classified without its body, though the classifier needs it. */
  readonly onUnread: (cause: UnreadCause) => void

  constructor(
    limits: CollectorLimits,
    clock: AwakeClock,
    classifier: CurrentClassifier,
    onUnread: (cause: UnreadCause) => void,
  ) {
    this.#limits = limits
    this.#clock = clock
    this.#classifier = classifier
    this.onUnread = onUnread
  }

  /** Bytes to reserve for the body of the request; 0 if it is not to be read. */
  roomFor({ request, facts, refusal }: HttpExchange): number {
    const test = this.#classifier.readsBody
    if (test === undefined || facts.contentLength === 0) return 0
    if (refusal !== undefined || facts.upgrade !== undefined || facts.isForUs) return 0
    if (!test(request)) return 0
    const { maxClassifiedBody, maxClassifiedBodies } = this.#limits
    const room = facts.contentLength < 0 ? maxClassifiedBody : facts.contentLength
    if (room <= maxClassifiedBody && this.#taken + room <= maxClassifiedBodies) return room
    this.onUnread(room > maxClassifiedBody ? 'TOO_LONG' : 'NO_ROOM')
    return 0
  }

  /** Begins to read a body, for which there is room. */
  begin(item: Collecting, room: number): void {
    item.room = room
    this.#taken += room
    this.#reading.set(item, this.#clock.now() + this.#limits.classifyTimeout)
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
    this.#taken -= item.room
    item.room = 0
  }

  /** Gives up waiting for the bodies that have taken too long. */
  sweep(now: number): void {
    for (const [item, deadline] of this.#reading) {
      if (deadline > now) return
      this.#reading.delete(item)
      this.onUnread('TIMEOUT')
      item.onCollectTimeout()
    }
  }
}

/** What an exchange needs of the dispatcher. */
import type { AwakeClock, Clock } from '@resumelb/common'
import type { FailureName } from '../http/failures.ts'
import type { OwnFields } from '../http/own-fields.ts'
import type { Peers } from '../http/peers.ts'
import type { RequestIdField } from '../http/request-id.ts'
import type { BalancingOptions } from '../options.ts'
import type { Assignment } from '../pool/pool.ts'
import type { Worker } from '../workers/worker.ts'
import type { BodyCollector } from './body-collector.ts'
import type { Exchange } from './exchange.ts'
import type { Sessions } from './sessions.ts'

/** What this hop adds to requests and responses. */
export interface HopOptions {
  /** What to add to responses. */
  readonly ownFields: OwnFields
  /** Whether to add this hop to `Via` of requests. */
  readonly sendsVia: boolean
  /** The field for the ids of requests; `undefined` if there is to be none. */
  readonly requestIdField: RequestIdField | undefined
  /** Whether to add `traceparent` to requests that have none. */
  readonly makesTraceparent: boolean
  /** Whether to add X-Forwarded-*. */
  readonly addsForwarded: boolean
}

/** What all exchanges share. */
export interface ExchangeContext extends HopOptions {
  readonly clock: Clock
  /** The clock that deadlines use. */
  readonly deadlines: AwakeClock
  readonly peers: Peers
  readonly options: Required<BalancingOptions>
  /** If requests have sessions. */
  readonly sessions: Sessions | undefined
  readonly workers: WorkersNow
}

/** The workers as they are now. */
export interface WorkersNow {
  /** Whether any of them accepts a request. */
  readonly hasReady: boolean
  /** Those that accept requests. */
  readonly accepting: readonly Worker[]
  /** The number of all that are listed. */
  readonly size: number
}

/** Methods that an exchange calls. */
export interface ExchangeOwner {
  readonly context: ExchangeContext
  /** Classifies requests with their bodies. */
  readonly collector: BodyCollector
  /** Whether client connections end with their current response. */
  readonly isDraining: boolean
  /**
   * Assigns a worker that accepts the request now and is not in `avoid`, with `isUpgrade` one that
   * takes upgrades; `undefined` if there is none, or if it has failed the exchange.
   */
  assign(
    exchange: Exchange,
    avoid: ReadonlySet<Worker> | undefined,
    isUpgrade: boolean,
  ): Assignment<Worker> | undefined
  /** Whether the limit of its class lets it begin; from then on it counts. */
  admits(exchange: Exchange): boolean
  /** Queues the exchange; false if the queue is full. */
  wait(exchange: Exchange): boolean
  /** Takes one retry from the budget; false if none is left. */
  takeRetry(): boolean
  /**
   * The worker has crashed while it had the request for `age` milliseconds. If the request may be
   * repeated, it is held.
   */
  onCrash(exchange: Exchange, worker: Worker, mayRepeat: boolean, age: number): void
  /** The request goes to another worker. */
  onRetry(exchange: Exchange): void
  /**
   * The client has received nothing; it is answered with the status and page of the failure, of so
   * many bytes.
   */
  onFailure(exchange: Exchange, failure: FailureName): number
  /** The client has received a part of the response, and gets no more of it. */
  onTruncated(exchange: Exchange, failure: FailureName): void
  /**
   * The exchange has ended, and its client has received everything or has disconnected. Called
   * once.
   */
  onEnd(exchange: Exchange): void
}

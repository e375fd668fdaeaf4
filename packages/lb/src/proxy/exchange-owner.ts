/** What an exchange needs of whoever dispatches it. */
import type { AwakeClock, Clock } from '@resumelb/common'
import type { FailureName } from '../http/failures.ts'
import type { Peers } from '../http/peers.ts'
import type { BalancingOptions } from '../options.ts'
import type { PickArgs } from '../pool/pick.ts'
import type { Assignment } from '../pool/pool.ts'
import type { WorkerLink } from '../workers/worker-link.ts'
import type { Exchange } from './exchange.ts'

/** What is the same for all exchanges. */
export interface ExchangeContext {
  readonly clock: Clock
  /** What deadlines of others are measured with. */
  readonly deadlines: AwakeClock
  readonly peers: Peers
  readonly options: Required<BalancingOptions>
  /** Whether both sides hear of this hop in `Via`. */
  readonly sendsVia: boolean
  /** Whether workers are told of clients by X-Forwarded-*. */
  readonly addsForwarded: boolean
  /** Whether any worker takes a request at this moment. */
  readonly hasReadyWorker: () => boolean
}

/** What an exchange asks, and whom it tells. */
export interface ExchangeOwner {
  readonly context: ExchangeContext
  /** Whether connections of clients end with the response that is under way. */
  readonly isDraining: boolean
  /** A worker that takes the request now, none of `avoid`; `undefined` if there is none. */
  assign(
    pick: PickArgs,
    avoid: ReadonlySet<WorkerLink> | undefined,
  ): Assignment<WorkerLink> | undefined
  /** Lets the exchange wait for a worker; false if too many wait already. */
  wait(exchange: Exchange): boolean
  /** Takes one retry out of the budget; false if there is none left. */
  takeRetry(): boolean
  /** The request goes to another worker. */
  onRetry(exchange: Exchange): void
  /** The client has got nothing, and is to be answered with the failure's status and page. */
  onFailure(exchange: Exchange, failure: FailureName): void
  /** The client, who has got a part of the response, will get no more of it. */
  onTruncated(exchange: Exchange, failure: FailureName): void
  /** The exchange is over, and its client has got everything or is gone. Called once. */
  onEnd(exchange: Exchange): void
}

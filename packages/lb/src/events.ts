/** What happens in a load balancer, for logs, measurements and whoever else wants to know. */
import { EventEmitter } from 'node:events'
import type { RequestClass, ResetCode } from '@resumelb/protocol'
import type { FailureName } from './http/failures.ts'
import type { RequestView } from './http/request-view.ts'
import type { Reason } from './pool/pool.ts'

/** A request that its client has not got all of yet. */
export interface RequestInProgress {
  /** Address of the worker that has, or last had, it; empty if none had. */
  readonly worker: string
  /** When it came, in milliseconds of the clock. */
  readonly startedAt: number
}

/**
 * What became of a request:
 *
 * - `served`: with a whole response, whatever its status.
 * - `failed`: by its worker, or because the load balancer had to leave.
 * - `shed`: no worker took it, and nobody has begun it.
 * - `refused`: it is not a request that can be served.
 * - `abandoned`: by the client, or by the application, which has closed the client's connection.
 */
export type RequestOutcome = 'served' | 'failed' | 'shed' | 'refused' | 'abandoned'

/** What is told of every request. */
interface KnownRequest {
  readonly request: RequestView
  /** Unique among the requests of all load balancers; what the worker knows it by. */
  readonly id: string
  readonly requestClass: RequestClass
  /** The client's address; what trusted proxies say counts. */
  readonly remoteAddress: string
  /** Address of the worker that had the request last; empty if none had. */
  readonly worker: string
  /** Why the pool chose that worker; `undefined` if its policy makes no difference. */
  readonly choice: Reason | undefined
  /** Times that it was given to a worker. */
  readonly attempts: number
  /** Whether the response aborted before its end, other than by the client's leaving. */
  readonly isTruncated: boolean
}

/** A request that has ended. Times are in milliseconds of the clock. */
export interface EndedRequest extends KnownRequest {
  readonly outcome: RequestOutcome
  /** Why it was not served; `undefined` if it was. */
  readonly reason: FailureName | undefined
  /** 499 if the client left before its response was complete. */
  readonly status: number
  /** Bytes of the response's body. */
  readonly bytesSent: number
  /** When it came. */
  readonly startedAt: number
  /** When the head of its response came; `undefined` if none did. */
  readonly answeredAt: number | undefined
  /** When its client had got everything, or was gone. */
  readonly endedAt: number
}

/** A request that something has gone wrong with. */
export interface TroubledRequest extends KnownRequest {
  readonly reason: FailureName
  /** Why the last worker gave it up, if it did. */
  readonly reset: ResetCode | undefined
}

/** What was refused before it was a request. */
export interface RefusedInput {
  readonly reason: FailureName
  /** The status that the client has got; where it has got none, the one that the reason would have. */
  readonly status: number
  readonly remoteAddress: string
  /** What the library for TLS or HTTP/2 says of it; only if it was not answered. */
  readonly detail?: string
}

/** What each event tells. A worker is named by its address. */
export interface LoadBalancerEventMap {
  /** A request has ended, and its client has got everything or is gone. Once for each. */
  requestEnded: [ended: EndedRequest]
  /** A worker has not answered a request, which is now given to another. */
  requestRetried: [retried: TroubledRequest]
  /** A request gets no response of a worker, or not all of one. `requestEnded` follows. */
  requestFailed: [failed: TroubledRequest]
  /** A request is refused because no worker takes it. `requestFailed` comes as well. */
  requestShed: [shed: TroubledRequest]
  /** A client has sent what is no request. */
  inputRefused: [refused: RefusedInput]
  /** The classifier has thrown, or returned what is no class; the request is of the default class. */
  classifierFailed: [error: unknown]
  /** A worker is connected. `classes` is the length of its résumé. */
  workerUp: [worker: { worker: string; version: string; classes: number }]
  /** The connection to a worker is over. */
  workerDown: [worker: { worker: string }]
  /** A worker says that it is about to leave. */
  workerDraining: [worker: { worker: string }]
  /** A worker has failed too often in a row: it is kept in reserve for so many seconds. */
  workerEjected: [worker: { worker: string; seconds: number }]
  /** The ejection of a worker is over. */
  workerRecovered: [worker: { worker: string }]
  /** Another version of the application gets the work; `before` is `undefined` for the first. */
  versionChanged: [version: { version: string; before: string | undefined }]
  /** No worker has been connected for so many milliseconds. Comes again for as long as that lasts. */
  noWorker: [absence: { workers: number; waiting: number; since: number }]
}

/** Listeners are called at once, and must not throw. What nobody listens to costs nothing. */
export class LoadBalancerEvents extends EventEmitter<LoadBalancerEventMap> {}

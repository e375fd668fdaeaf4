/** The events of a load balancer, for logs, metrics and library users. */
import { EventEmitter } from 'node:events'
import type { RequestClass, ResetCode } from '@resumelb/protocol'
import type { FailureName, RefusedConnection } from './http/failures.ts'
import type { RequestView } from './http/request-view.ts'
import type { Reason } from './pool/pool.ts'

/** A request in progress. */
export interface RequestInProgress {
  /** Address of the current or last worker; empty if there was none. */
  readonly worker: string
  /** Arrival time, in milliseconds of the clock. */
  readonly startedAt: number
  /** Whether it is an upgraded connection, such as a WebSocket, which may last for days. */
  readonly isUpgraded?: boolean
}

/**
 * The outcome of a request:
 *
 * - `served`: it got a complete response, with any status.
 * - `failed`: its worker failed, or the load balancer was stopped.
 * - `shed`: no worker accepted it.
 * - `refused`: it is invalid, or not supported.
 * - `abandoned`: the client disconnected, or the application closed the client's connection.
 */
export type RequestOutcome = 'served' | 'failed' | 'shed' | 'refused' | 'abandoned'

/** Facts of every request. */
interface KnownRequest {
  readonly request: RequestView
  /** Unique among the requests of all load balancers; the worker gets the same id. */
  readonly id: string
  readonly requestClass: RequestClass
  /** The client's address, as reported by trusted proxies. */
  readonly remoteAddress: string
  /** Address of the last worker; empty if there was none. */
  readonly worker: string
  /** The role for which the pool chose that worker; `undefined` if its policy has no roles. */
  readonly choice: Reason | undefined
  /** Number of times that it was sent to a worker. */
  readonly attempts: number
  /** Whether the response was aborted before its end, other than by a disconnect of the client. */
  readonly isTruncated: boolean
}

/** The size of a request that tells one. */
export interface EndedSize {
  /** Its units; `undefined` if it tells only a chain. */
  readonly units: number | undefined
  /** The length of its chain; `undefined` if it has none. */
  readonly links: number | undefined
  /**
   * The part of its chain that its worker was warm for by the worker's own account, from 0 to 1;
   * `undefined` if the worker has not said.
   */
  readonly warmPart: number | undefined
}

/** A request that has ended. Times are in milliseconds of the clock. */
export interface EndedRequest extends KnownRequest {
  readonly outcome: RequestOutcome
  /** Why it failed; `undefined` if it was served. */
  readonly reason: FailureName | undefined
  /** 499 if the client disconnected before the end of its response. */
  readonly status: number
  /** Bytes of the response body. */
  readonly bytesSent: number
  /** Bytes of the request body that arrived. */
  readonly bytesReceived: number
  /** Whether the worker had served the class before; `undefined` if the policy does not know. */
  readonly isWarm: boolean | undefined
  /** Expected time at the worker less the least of all workers considered, in seconds. */
  readonly regret: number | undefined
  /** `undefined` if it tells none. */
  readonly size: EndedSize | undefined
  /** Arrival time. */
  readonly startedAt: number
  /** When a worker was last given the request; `undefined` if none was. */
  readonly assignedAt: number | undefined
  /** Arrival time of the head of the response; `undefined` if there was none. */
  readonly answeredAt: number | undefined
  /** When the client had received everything, or had disconnected. */
  readonly endedAt: number
}

/** A request with a failure. */
export interface TroubledRequest extends KnownRequest {
  readonly reason: FailureName
  /** Why the last worker reset it, if it did. */
  readonly reset: ResetCode | undefined
}

/** Input of a client that was refused before it was a complete request. */
export interface RefusedInput {
  readonly reason: FailureName
  /**
   * The status that the client has got; where it has got none, the one that the reason would have.
   */
  readonly status: number
  readonly remoteAddress: string
  /** The id that the answer has; only if it was answered. */
  readonly id?: string
  /** What the library for TLS or HTTP/2 says of it; only if it was not answered. */
  readonly detail?: string
}

/**
 * Why the body of a request was not read to classify it:
 *
 * - `TOO_LONG`: it is longer than `maxClassifiedBody`.
 * - `NO_ROOM`: those that are kept would be longer than `maxClassifiedBodies`.
 * - `TIMEOUT`: it has not come within `classifyTimeout`.
 */
export type UnreadCause = 'TOO_LONG' | 'NO_ROOM' | 'TIMEOUT'

/** The data of each event. Workers are named by address. */
export interface LoadBalancerEventMap {
  /**
   * A request has ended, and the client has received everything or has disconnected. Once for each.
   */
  requestEnded: [ended: EndedRequest]
  /** A worker failed to answer a request, which now goes to another one. */
  requestRetried: [retried: TroubledRequest]
  /** The retry budget is exhausted: a request is not given to another worker. */
  retryDenied: []
  /** A request gets no complete response from a worker. `requestEnded` follows. */
  requestFailed: [failed: TroubledRequest]
  /** A request is refused because no worker takes it. `requestFailed` is emitted as well. */
  requestShed: [shed: TroubledRequest]
  /** A client sent an invalid request. */
  inputRefused: [refused: RefusedInput]
  /** A connection was closed before it carried anything. */
  connectionRefused: [refused: RefusedConnection]
  /** The classifier threw an error or returned no name; the request gets the default class. */
  classifierFailed: [error: unknown]
  /** The classifier needs the body of a request, which was not read; only its head counts. */
  bodyUnread: [unread: { cause: UnreadCause }]
  /** A worker is connected. `classes` is the length of its résumé. */
  workerUp: [worker: { worker: string; version: string; classes: number }]
  /** The connection to a worker has ended. `reason` says why, for people. */
  workerDown: [worker: { worker: string; reason: string }]
  /**
   * A worker does not answer PINGs, as when its event loop is blocked: it keeps the requests that
   * it has, and gets no more.
   */
  workerUnresponsive: [worker: { worker: string; requests: number }]
  /** Such a worker has sent something again, after so many seconds. */
  workerResponsive: [worker: { worker: string; seconds: number }]
  /**
   * Requests of a class crash workers, this worker last: for a time, they are not repeated, and one
   * worker is kept for other classes.
   */
  classCrashes: [found: { requestClass: RequestClass; worker: string }]
  /** A worker has announced that it will stop. */
  workerDraining: [worker: { worker: string }]
  /** A worker is out of service for a time: it stays connected, and gets nothing new. */
  maintenanceBegan: [worker: { worker: string }]
  /** A worker that was out of service gets requests again. */
  maintenanceEnded: [worker: { worker: string }]
  /** A worker has failed too often in a row, and is ejected for this number of seconds. */
  workerEjected: [worker: { worker: string; seconds: number }]
  /** The ejection of a worker has ended. */
  workerRecovered: [worker: { worker: string }]
  /**
   * Another version of the application gets the requests; `before` is `undefined` for the first.
   */
  versionChanged: [version: { version: string; before: string | undefined }]
  /** No worker has been connected for this number of seconds. Repeated while that lasts. */
  noWorker: [absence: { workers: number; waiting: number; seconds: number }]
}

/** Emits the events. Listeners are called synchronously and must not throw. */
export class LoadBalancerEvents extends EventEmitter<LoadBalancerEventMap> {}

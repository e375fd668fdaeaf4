/** The events of an exchange. */
import type { AddressInfo, Server } from 'node:net'
import type { Report, Stream } from '@resumelb/protocol'

/** Where the response goes, and the body of the request comes from. */
export type ExchangeStream = Pick<
  Stream,
  'queuedBytes' | 'consumed' | 'respond' | 'write' | 'end' | 'reset'
>

/** How an exchange ended. */
export interface Ending {
  /** A complete response that is not a 5xx. */
  readonly isServed: boolean
  /** The client disconnected, or the connection was lost, before the response was complete. */
  readonly isAbandoned: boolean
  /** Of the response; 0 if none was written. */
  readonly status: number
  /** Body bytes of the response. */
  readonly bytes: number
}

/** The worker, as an exchange needs it. */
export interface ExchangeListener {
  /** The worker's end of the connection to the load balancer. */
  readonly local: AddressInfo
  /** The server of the worker. */
  readonly server: Server | undefined
  /** The worker has sent the request itself, to warm up. */
  readonly isWarmUp: boolean
  /** Calls back once after this number of milliseconds; the returned function cancels that. */
  after(milliseconds: number, callback: () => void): () => void
  /** An upgrade is granted: the request was served, and is a connection from now on. */
  onUpgraded(): void
  /** The head of a response was sent whose body is still to come. */
  onResponding(): void
  /** The first byte of the body of the response is sent, before its end is known. */
  onFirstByte(): void
  /** The application says how many leading links of the chain of the request were warm. */
  onWarm(depth: number): void
  /** The handler has finished its response, or the request was aborted. Called once. */
  onEnd(ending: Ending): Report | undefined
  /**
   * The handler has returned, or its promise has settled; or it has ended the response to a client
   * that has disconnected.
   */
  onSettled(): void
  /** The request body is complete, with this number of bytes. */
  onBodyRead(bytes: number): void
  /** The last byte of the response was sent, or never will be. Called once, last. */
  onOver(): void
  /** The application adds a note about the request to the trace log. */
  onNote(text: string, code: string | undefined): void
  /** The application threw an error, its promise was rejected, or its response is invalid. */
  onError(error: unknown): void
}

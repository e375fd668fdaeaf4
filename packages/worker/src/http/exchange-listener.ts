/** How an exchange reports to its worker. */
import type { AddressInfo, Server } from 'node:net'
import type { Report } from '@resumelb/protocol'

/** How an exchange ended. */
export interface Ending {
  /** A whole response that is not a 5xx. */
  readonly isServed: boolean
  /** The client left, or the connection broke, before the response was whole. */
  readonly isAbandoned: boolean
  /** Of the response; 0 if none was written. */
  readonly status: number
  /** Body bytes of the response. */
  readonly bytes: number
}

/** The worker, as an exchange needs it; it is notified how the exchange goes. */
export interface ExchangeListener {
  /** The worker's end of the connection to the load balancer. */
  readonly local: AddressInfo
  /** What the worker listens with. */
  readonly server: Server | undefined
  /** Calls back once after so many milliseconds; the function it returns calls that off. */
  after(milliseconds: number, callback: () => void): () => void
  /** The handler has finished its response, or the request was given up. Called once. */
  onEnd(ending: Ending): Report | undefined
  /**
   * The handler has returned, or its promise has settled; or it has ended a response that nobody
   * waits for any more.
   */
  onSettled(): void
  /** The request's body is here, of so many bytes. */
  onBodyRead(bytes: number): void
  /** The response's last byte has left, or never will. Called once, last. */
  onOver(): void
  /** The application adds a note of its own about the request. */
  onNote(text: string, code: string | undefined): void
  /** The application has thrown, or its promise was rejected, or its response cannot be. */
  onError(error: unknown): void
}

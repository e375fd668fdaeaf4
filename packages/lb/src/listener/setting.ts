/** What all connections of a server have in common, whatever they speak. */
import type { Socket } from 'node:net'
import type { AwakeClock } from '@resumelb/common'
import type { FailureName } from '../http/failures.ts'
import type { HttpExchange } from '../http/http-exchange.ts'
import type { Peer } from '../http/peers.ts'

/** A client's connection, as its listener knows it. */
export interface ClientConnection {
  readonly socket: Socket
  /** Ends the connection, at once if it carries no request and else with the response. */
  drain(): void
}

/** Times are in milliseconds. */
export interface ListenerSetting {
  /** Bytes that the head of a request may have, and the trailers of one. */
  readonly maxHeadLength: number
  /** Tells whether a timeout has run out only because the event loop was blocked. */
  readonly deadlines: AwakeClock
  /** How long a head may take, from the connection or its first byte on; 0: no limit. */
  readonly headersTimeout: number
  /** Idle time between two requests, which is announced to clients; 0: no limit. */
  readonly keepAliveTimeout: number
  /** Whether every connection ends after its current request. */
  readonly isDraining: boolean
  peerOf(socket: Socket): Peer
  /** Takes a request. */
  serve(exchange: HttpExchange): void
  /** Answers what is no request. */
  refuse(exchange: HttpExchange, failure: FailureName): void
  /** Reports what is refused without a response. `detail` is what the library says of it. */
  refuseUnanswered(failure: FailureName, remoteAddress: string, detail: string): void
  /** The connection is over. */
  closed(connection: ClientConnection): void
}

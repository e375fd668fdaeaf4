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
  /** Knows whether a timeout has run out because nobody could look. */
  readonly deadlines: AwakeClock
  /** How long a head may take, from the connection or its first byte on; 0: no limit. */
  readonly headersTimeout: number
  /** How long clients are told that a connection may be idle between two requests; 0: no limit. */
  readonly keepAliveTimeout: number
  /** No connection shall carry one more request. */
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

/** What all connections of a server have in common. */
import type { Socket } from 'node:net'
import type { AwakeClock } from '@resumelb/common'
import type { FailureName } from '../../http/failures.ts'
import type { HttpExchange } from '../../http/http-exchange.ts'
import type { Peer } from '../../http/peers.ts'
import type { H1Connection } from './connection.ts'
import type { H1HeadParser } from './head-parser.ts'
import type { WriteBatch } from './write-batch.ts'

/** Times are in milliseconds. */
export interface H1Setting {
  readonly reader: H1HeadParser
  /** Bytes that the head of a request may have, and the trailers of one. */
  readonly maxHeadLength: number
  readonly writeBatch: WriteBatch
  /** Knows whether a timeout has run out because nobody could look. */
  readonly deadlines: AwakeClock
  /** How long a head may take, from the connection or its first byte on; 0: no limit. */
  readonly headersTimeout: number
  /** How long clients are told that a connection may be idle between two requests; 0: no limit. */
  readonly keepAliveTimeout: number
  /**
   * How long after its last request a client that ends its side half-closes, and waits for its
   * response. Who half-closes has nothing more to say and does so at once; who leaves, later.
   */
  readonly halfCloseTime: number
  /** No connection shall carry one more request. */
  readonly isDraining: boolean
  peerOf(socket: Socket): Peer
  /** Takes a request. */
  serve(exchange: HttpExchange): void
  /** Answers what is no request. */
  refuse(exchange: HttpExchange, failure: FailureName): void
  /** The connection is over. */
  closed(connection: H1Connection): void
}

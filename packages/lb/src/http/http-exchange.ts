/** A client's request and the way back to it, whatever reads and writes its connection. */
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { FailureName } from './failures.ts'
import type { Peer } from './peers.ts'
import type { RequestFacts } from './request-fields.ts'
import type { RequestView } from './request-view.ts'
import type { ResponseFields } from './response-fields.ts'

/** Bytes of the longest body that leaves as text, in one piece with its head. */
export const longestText: number = 16 * 1024

/** The body of a request; `complete` when all of it has come from the client, read or not. */
export type RequestBody = Readable & Pick<IncomingMessage, 'rawTrailers' | 'complete'>

/** The head of a response, as the client gets it. */
export interface ClientHead {
  readonly status: number
  /** Text that HTTP can carry; empty: the usual one for the status. */
  readonly reason: string
  /** Bytes of body that are announced; -1 if their number is not known. */
  readonly contentLength: number
  /** Whether a body follows, even if it is empty. */
  readonly hasBody: boolean
  readonly fields: ResponseFields
}

/** Who hears what becomes of an exchange. */
export interface HttpExchangeListener {
  /** The client has got everything, or is gone. Called once. */
  onClientClose(): void
  /** The client's connection takes bytes again. */
  onClientDrain(): void
  /** The response is complete, and the end of it waits for the client to read. */
  onClientBlocked(): void
  /** What the client sends is no body of a request, or ends too early. Nothing more comes. */
  onBadBody(): void
  /** Nothing has moved on the client's connection for as long as {@link HttpExchange.watch} said. */
  onClientSilent(): void
}

export interface HttpExchange {
  readonly request: RequestView
  readonly facts: RequestFacts
  /** Why nobody is asked to answer it. */
  readonly refusal: FailureName | undefined
  readonly peer: Peer
  /** The body, which nobody has begun to read. */
  readonly body: RequestBody
  /** There is no body, and nobody will look for one. */
  leaveUnread(): void
  /** The body is read on after the response. To be said before that is complete. */
  keepReading(): void

  /** Whether the head of the response has been set. */
  readonly hasBegun: boolean
  /** Sets the listener. Called once, before anything is sent. */
  listen(listener: HttpExchangeListener): void
  /** Tells a client that waits for it, once, that the body is wanted (100). */
  askForBody(): void
  /**
   * Sends an interim response (1xx) to clients that know of such; the reason is as in
   * {@link ClientHead}. Only before the head is set.
   */
  interim(status: number, reason: string, fields: ResponseFields): void
  /** Sets the head, which leaves with what comes next. */
  setHead(head: ClientHead): void
  /** Sends the head before there is any body. */
  flushHead(): void
  /** Sends bytes of the body; false if no more are wanted before {@link HttpExchangeListener.onClientDrain}. */
  write(chunk: Buffer): boolean
  /** Sends the last bytes of the body, if there are any left, and the end; at the end of this turn at the latest. */
  end(body?: Buffer): void
  /** Sets the trailers. They are left out unless the body has no told length. */
  addTrailers(fields: ResponseFields): void
  /** The connection ends with this response. To be said before the head is set. */
  closeAfter(): void
  /** Breaks the connection, so that the client cannot take what it has got for all of it. */
  breakOff(): void
  /** From now on, so many milliseconds of silence are told. */
  watch(timeout: number): void
}

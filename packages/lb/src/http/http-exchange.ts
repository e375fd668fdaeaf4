/** A client's request and its response, independent of the HTTP version and server. */
import type { IncomingMessage } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import type { FailureName } from './failures.ts'
import type { Peer } from './peers.ts'
import type { RequestFacts } from './request-fields.ts'
import type { RequestView } from './request-view.ts'
import type { ResponseFields } from './response-fields.ts'

/** Maximum length of a body that is sent as text, in one piece with its head. */
export const longestText: number = 16 * 1024

/** The body of a request; `complete` when all of it has been received, read or not. */
export type RequestBody = Readable & Pick<IncomingMessage, 'rawTrailers' | 'complete'>

/** The head of a response for the client. */
export interface ClientHead {
  readonly status: number
  /** Valid text; empty for the standard reason phrase. */
  readonly reason: string
  /** Announced length of the body in bytes; -1 if unknown. */
  readonly contentLength: number
  /** Whether a body follows, even if it is empty. */
  readonly hasBody: boolean
  readonly fields: ResponseFields
}

/** The response that grants an upgrade (101 in HTTP/1.1). */
export interface UpgradeHead {
  /** Text that HTTP can carry; empty: the usual reason phrase. */
  readonly reason: string
  /** What the server has chosen of the protocols that the client offers. */
  readonly protocol: string
  readonly fields: ResponseFields
}

/** What a granted upgrade leaves of HTTP: a `Socket`, or a stream of HTTP/2. */
export type UpgradedConnection = Duplex & {
  /** Emits `timeout` after so many milliseconds without a byte in either direction; 0: never. */
  setTimeout(milliseconds: number): unknown
}

/** Receives the events of an exchange. */
export interface HttpExchangeListener {
  /** The client has received everything, or has disconnected. Called once. */
  onClientClose(): void
  /** The client's connection accepts more bytes. */
  onClientDrain(): void
  /** The response is complete, and its end waits for the client to read. */
  onClientBlocked(): void
  /** The client sent an invalid or incomplete body. No more of it will arrive. */
  onBadBody(): void
  /** The client's connection was idle for the time given to {@link HttpExchange.watch}. */
  onClientSilent(): void
}

export interface HttpExchange {
  readonly request: RequestView
  readonly facts: RequestFacts
  /** Why the request is refused, if it is. */
  readonly refusal: FailureName | undefined
  readonly peer: Peer
  /** The body, which has not been read yet. */
  readonly body: RequestBody
  /** There is no body, or it will not be read, or not any further. */
  leaveUnread(): void
  /**
   * The body will still be read after the response. Must be called before the response is complete.
   */
  keepReading(): void

  /** Whether the head of the response has been set. */
  readonly hasBegun: boolean
  /** Sets the listener. Called once, before anything is sent. */
  listen(listener: HttpExchangeListener): void
  /** Sends 100 (Continue), once, if the client waits for it. */
  askForBody(): void
  /**
   * Sends an interim response (1xx) to clients that support them; the reason is as in
   * {@link ClientHead}. Only before the head is set.
   */
  interim(status: number, reason: string, fields: ResponseFields): void
  /** Sets the head, which is sent together with what follows. */
  setHead(head: ClientHead): void
  /**
   * Grants the upgrade that `facts.upgrade` asks for, in place of {@link setHead}: sends the head,
   * and gives away the client's connection, paused. What is written to the stream goes to the
   * client, and what the client sends is read from it, what it has sent already included. After
   * that nothing of the exchange may be called, and its listener is called no more.
   */
  acceptUpgrade(head: UpgradeHead): UpgradedConnection
  /** Sends the head before there is any body. */
  flushHead(): void
  /**
   * Sends a part of the body; false if the caller should wait for {@link
   * HttpExchangeListener.onClientDrain}.
   */
  write(chunk: Buffer): boolean
  /**
   * Sends the rest of the body, if any, and ends the response, by the end of this event-loop
   * iteration.
   */
  end(body?: Buffer): void
  /** Sets the trailers. They are dropped unless the length of the body is unknown. */
  addTrailers(fields: ResponseFields): void
  /** Ends the connection after this response. Must be called before the head is set. */
  closeAfter(): void
  /**
   * Closes the connection abruptly, so that the client cannot take a part of the response for all
   * of it.
   */
  breakOff(): void
  /** Sets the idle timeout in milliseconds, after which `onClientSilent` is called. */
  watch(timeout: number): void
}

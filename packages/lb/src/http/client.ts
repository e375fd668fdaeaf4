/** A client's request and the way back to it, however its connection is read. */
import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Readable } from 'node:stream'
import type { Peer } from '../listener/peers.ts'
import type { FailureName } from '../proxy/failures.ts'
import type { RequestFacts } from './request-fields.ts'

/** Bytes of the longest body that leaves as text, in one piece with its head. */
export const longestText: number = 16 * 1024

/** A request as far as its head tells: what `node:http` calls an incoming message is one. */
export type RequestView = Pick<
  IncomingMessage,
  | 'method'
  | 'url'
  | 'httpVersion'
  | 'httpVersionMajor'
  | 'httpVersionMinor'
  | 'headers'
  | 'rawHeaders'
  | 'socket'
> & {
  /** The first value of a header field, if there is a cheaper way than to look through all. */
  field?(lowerCaseName: string): string | undefined
}

/** The body of a request; `complete` when all of it has come from the client, read or not. */
export type RequestBody = Readable & Pick<IncomingMessage, 'rawTrailers' | 'complete'>

/** The head of a response, as the client gets it. */
export interface ReplyHead {
  readonly status: number
  /** Text that HTTP can carry; empty: the usual one for the status. */
  readonly reason: string
  /** Bytes of body that are announced; -1 if their number is not known. */
  readonly contentLength: number
  /** Whether a body follows, even if it is empty. */
  readonly hasBody: boolean
  /** The application's own, if it has set one. */
  readonly date: string | undefined
  /** All other fields, each a line of HTTP/1.1 with its CR LF; text that HTTP can carry. */
  readonly lines: string
}

/** An interim response as HTTP/1.1 sends it. */
export function interimText(status: number, reason: string, lines: string): string {
  const phrase = reason === '' ? (STATUS_CODES[status] ?? 'unknown') : reason
  return `HTTP/1.1 ${status} ${phrase}\r\n${lines}\r\n`
}

/** Who hears what becomes of a reply. */
export interface ReplyListener {
  /** The client has got everything, or is gone. Called once. */
  onClientClose(): void
  /** The client's socket takes bytes again. */
  onClientDrain(): void
  /** The response is complete, and the end of it waits for the client to read. */
  onClientBlocked(): void
  /** What the client sends is no body of a request, or ends too early. Nothing more comes. */
  onBadBody(): void
  /** Nothing has moved on the client's connection for as long as {@link Reply.watch} said. */
  onClientSilent(): void
}

/** The way back to the client, for one response. */
export interface Reply {
  /** Whether the head has been set. */
  readonly hasBegun: boolean
  /** Says who hears of it. Called once, first. */
  listen(listener: ReplyListener): void
  /** Tells a client that waits for it, once, that the body is wanted (100). */
  askForBody(): void
  /**
   * Sends an interim response (1xx) to clients that know of such; reason and lines as in
   * {@link ReplyHead}. Only before the head is set.
   */
  interim(status: number, reason: string, lines: string): void
  /** Sets the head, which leaves with what comes next. */
  setHead(head: ReplyHead): void
  /** Sends the head before there is any body. */
  flushHead(): void
  /** Sends bytes of the body; false if the socket wants no more before {@link ReplyListener.onClientDrain}. */
  write(chunk: Buffer): boolean
  /** Sends the last bytes of the body, if there are any left, and the end; at the end of this turn at the latest. */
  end(body?: Buffer): void
  /** Sets the trailers, lines as in {@link ReplyHead}. They are left out unless the body has no told length. */
  addTrailers(lines: string): void
  /** The connection ends with this response. To be said before the head is set. */
  closeAfter(): void
  /** Breaks the connection, so that the client cannot take what it has got for all of it. */
  breakOff(): void
  /** From now on, so many milliseconds of silence are told. */
  watch(timeout: number): void
}

/** A client that has asked for something. */
export interface Client {
  readonly request: RequestView
  readonly facts: RequestFacts
  /** Why nobody is asked to answer it. */
  readonly refusal: FailureName | undefined
  readonly peer: Peer
  readonly reply: Reply
  /** The body, which nobody has begun to read. */
  readonly body: RequestBody
  /** There is no body, and nobody will look for one. */
  leaveUnread(): void
  /** The body is read on after the response. To be said before that is complete. */
  keepReading(): void
}

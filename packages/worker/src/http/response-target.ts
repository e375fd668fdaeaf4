/** Where a response goes: the request's stream, and what measures it. */
import type { ResponseHead, StreamEnd } from '@resumelb/protocol'

export interface ResponseTarget {
  /** Sends a head, with the whole body and the end of a short response, or an interim head. */
  respond(head: ResponseHead, body: Buffer | string | undefined, end: StreamEnd | undefined): void
  /** Returns false if the bytes wait; then `drained` is called when they have left. */
  write(chunk: Buffer): boolean
  end(end: StreamEnd): void
  /** Body bytes that have not left. */
  readonly queuedBytes: number
  /** The handler is done, with its last body bytes. Called once, before these and the end are sent. */
  onDone(status: number, trailers: string, lastBytes: number): StreamEnd
  /** The application wants to send what cannot be; something else is sent instead. */
  onMistake(error: unknown): void
  /** The response has left, and the handler was told. */
  onFinished(): void
}

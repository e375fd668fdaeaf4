/** The destination of a response: the request's stream, and its measurements. */
import type { ResponseHead, StreamEnd } from '@resumelb/protocol'

export interface ResponseTarget {
  /** Sends a head, with the whole body and the end of a short response, or an interim head. */
  respond(head: ResponseHead, body: Buffer | string | undefined, end: StreamEnd | undefined): void
  /** Returns false if the bytes are buffered; `drained` is called when they were sent. */
  write(chunk: Buffer): boolean
  end(end: StreamEnd): void
  /** Body bytes that have not been sent. */
  readonly queuedBytes: number
  /**
   * The handler is done, with its last body bytes. Called once, before these and the end are sent.
   */
  onDone(status: number, trailers: string, lastBytes: number): StreamEnd
  /** The application tries to send an invalid head; something else is sent instead. */
  onMistake(error: unknown): void
  /** The response was sent, and the handler was notified. */
  onFinished(): void
}

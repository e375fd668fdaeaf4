/** What a stream reports to its reader. */
import type { Buffer } from 'node:buffer'
import type { ResetCode } from './errors.ts'
import type { ResponseHead, StreamEnd } from './message.ts'

/** Events of a stream. After `onReset`, or after the end of both directions, no more follow. */
export interface StreamHandler {
  /**
   * At a balancer: a response's head, with the first bytes of its body, and its end if nothing
   * more comes (`onEnd` is not called then). Heads below 200, but for 101, come before the real one.
   */
  onResponse?(head: ResponseHead, body: Buffer | undefined, end: StreamEnd | undefined): void
  /**
   * Body bytes. Pass their number to `Stream.consumed` when they have been used, and likewise the
   * number of the bytes that came with a head.
   */
  onData(chunk: Buffer): void
  /** The peer's direction is complete. */
  onEnd(end: StreamEnd): void
  /**
   * The peer has given the stream up, or the connection has ended. It may come after the end of
   * the peer's direction, which stays valid: a worker does so that wants no more of an upload.
   */
  onReset(code: ResetCode): void
  /** A `write` has returned false, and since then everything written has left; the end has not. */
  onDrain(): void
}

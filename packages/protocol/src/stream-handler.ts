/** The events of a stream. */
import type { Buffer } from 'node:buffer'
import type { ResetCode } from './errors.ts'
import type { ResponseHead, StreamEnd } from './message.ts'

/** Events of a stream. None follow after `onReset`, or after the end of both directions. */
export interface StreamHandler {
  /**
   * At a balancer: a response head, with the first bytes of its body, and its end if nothing
   * follows (`onEnd` is not called then). Heads below 200, except 101, precede the final one.
   */
  onResponse?(head: ResponseHead, body: Buffer | undefined, end: StreamEnd | undefined): void
  /**
   * Body bytes. Report their number to `Stream.consumed` when they have been used, and likewise the
   * number of bytes that came with a head.
   */
  onData(chunk: Buffer): void
  /** The peer's direction is complete. */
  onEnd(end: StreamEnd): void
  /**
   * The peer has reset the stream, or the connection has ended. It may follow the end of the peer's
   * direction, which stays valid: a worker does so if it wants no more of an upload.
   */
  onReset(code: ResetCode): void
  /** A `write` has returned false, and everything written since has been sent; the end has not. */
  onDrain(): void
}

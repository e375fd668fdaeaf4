/** What a stream needs of its connection. */
import type { BodyOwner } from './outgoing-body.ts'
import type { Stream } from './stream.ts'

export interface StreamOwner extends BodyOwner {
  /** The stream is closed, and its id is free. */
  forget(stream: Stream): void
}

/** Body bytes that may be sent, and received, ahead of credit. */
export interface StreamWindows {
  readonly send: number
  readonly receive: number
}

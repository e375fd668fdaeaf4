/** The body that one end of a stream receives: its window, and the credit that it owes. */
import { Buffer } from 'node:buffer'
import { ProtocolError } from './errors.ts'
import { ReceiveWindow } from './window.ts'

export class IncomingBody {
  readonly #id: number
  readonly #window: ReceiveWindow

  constructor(id: number, window: number) {
    this.#id = id
    this.#window = new ReceiveWindow(window)
  }

  /** Counts received bytes. Throws a WINDOW_EXCEEDED if the peer had no credit for them. */
  take(bytes: number): void {
    if (!this.#window.take(bytes)) throw windowExceeded(this.#id)
  }

  /**
   * Counts a received chunk, and returns it. If a slow reader has not consumed what came before, a
   * small part of a large buffer is copied, so that it does not keep the whole buffer in memory.
   */
  receive(chunk: Buffer): Buffer {
    const isBehind = this.#window.unread > 0
    this.take(chunk.length)
    const isSmallPart = chunk.length * 4 < chunk.buffer.byteLength
    return isBehind && isSmallPart ? Buffer.from(chunk) : chunk
  }

  /** Counts consumed bytes. Returns the credit to give now. */
  consume(bytes: number): number {
    return this.#window.consume(bytes)
  }
}

/** The error for a peer that has sent more than it had credit for. */
export function windowExceeded(id: number): ProtocolError {
  return new ProtocolError(
    'WINDOW_EXCEEDED',
    `stream ${id} got more body bytes than its window allows`,
  )
}

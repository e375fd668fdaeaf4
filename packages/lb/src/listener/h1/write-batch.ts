/**
 * Batches socket writes per event-loop turn. A program with many connections, such as a reverse
 * proxy or a load generator, is then woken once for the responses of a turn, not once for each.
 */
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers'

/** The socket for a text, and the callback for its end. */
export interface Sender {
  readonly socket: Socket
  /** The kernel has accepted all of it, or never will, because of an error. */
  readonly onSent: (error?: Error | null) => void
  /** The kernel does not accept all of it now. */
  onBlocked(): void
}

export class WriteBatch {
  /** At most one text per connection. */
  #texts: { readonly sender: Sender; readonly text: string }[] = []

  /**
   * Writes a text of latin1. Before `onSent` is called, the socket must not be written to or ended
   * by anybody without {@link flush}.
   */
  write(sender: Sender, text: string): void {
    if (this.#texts.length === 0) setImmediate(() => this.flush())
    this.#texts.push({ sender, text })
  }

  /** Writes the queued texts now. */
  flush(): void {
    const texts = this.#texts
    this.#texts = []
    const pending: Sender[] = []
    for (const { sender, text } of texts) {
      const { socket, onSent } = sender
      socket.write(text, 'latin1', onSent)
      if (socket.writableLength > 0) pending.push(sender)
    }
    if (pending.length > 0) setImmediate(() => reportBlocked(pending))
  }
}

/** TLS reports what the kernel has accepted only in the next turn. */
function reportBlocked(senders: readonly Sender[]): void {
  for (const sender of senders) if (sender.socket.writableLength > 0) sender.onBlocked()
}

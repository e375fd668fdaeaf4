/**
 * What leaves at the end of a turn of the event loop. Whoever reads several connections in one process,
 * as most of a busy server's clients do, is then woken for many answers and not for each.
 */

import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers'

interface Parcel {
  readonly socket: Socket
  /** Of latin1. */
  readonly text: string
  readonly onSent: (error?: Error | null) => void
}

export class EndOfTurn {
  /** At most one answer for each connection. */
  #parcels: Parcel[] = []

  /** Writes a text to a socket, to which nothing else is written until `onSent` is called. */
  write(socket: Socket, text: string, onSent: (error?: Error | null) => void): void {
    if (this.#parcels.length === 0) setImmediate(() => this.flush())
    this.#parcels.push({ socket, text, onSent })
  }

  /** Writes them now. */
  flush(): void {
    const parcels = this.#parcels
    this.#parcels = []
    for (const { socket, text, onSent } of parcels) socket.write(text, 'latin1', onSent)
  }
}

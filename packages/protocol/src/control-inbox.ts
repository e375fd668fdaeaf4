/**
 * Reads the frames that belong to no stream, and checks whether their sender may send them. Pure.
 */
import type { Buffer } from 'node:buffer'
import { ProtocolError } from './errors.ts'
import { frameFlags, frameTypes } from './frame.ts'
import { type HandOver, readHandOver, senderOf } from './hand-over.ts'
import { type Hello, type Load, type Role, readGoodbye, readLoad } from './hello.ts'
import { unpack } from './packed.ts'
import { unpackHello } from './preface.ts'
import { readWarmth, type WarmthChanges } from './warmth.ts'

export interface ControlInboxEvents {
  onHello(hello: Hello): void
  /** The payload of a RESUME is in `bytes[start, end)`. */
  onResume(bytes: Buffer, start: number, end: number, isWhole: boolean): void
  onLoad(load: Load): void
  onPing(): void
  onHandOver(message: HandOver): void
  onWarmth(changes: WarmthChanges): void
  onGoodbye(reason: ProtocolError): void
}

export class ControlInbox {
  /** The role of this end. */
  readonly #role: Role
  readonly #events: ControlInboxEvents
  /** Known once the peer's HELLO has arrived. */
  #peerRole: Role | undefined

  constructor(role: Role, events: ControlInboxEvents) {
    this.#role = role
    this.#events = events
  }

  /** Handles a frame. Throws a {@link ProtocolError} if the peer may not send it. */
  receive(type: number, flags: number, bytes: Buffer, start: number, end: number): void {
    switch (type) {
      case frameTypes.HELLO:
        return this.#onHello(unpackHello(bytes, start, end))
      case frameTypes.RESUME: {
        this.#expectWorker('RESUME')
        return this.#events.onResume(bytes, start, end, (flags & frameFlags.WHOLE) !== 0)
      }
      case frameTypes.LOAD:
        this.#expectWorker('LOAD')
        return this.#events.onLoad(readLoad(unpack(bytes, start, end)))
      case frameTypes.PING:
        return this.#events.onPing()
      case frameTypes.HANDOVER:
        return this.#onHandOver(readHandOver(unpack(bytes, start, end)))
      case frameTypes.WARMTH: {
        this.#expectWorker('WARMTH')
        const isWhole = (flags & frameFlags.WHOLE) !== 0
        return this.#events.onWarmth(readWarmth(bytes, start, end, isWhole))
      }
      case frameTypes.GOODBYE:
        return this.#events.onGoodbye(readGoodbye(unpack(bytes, start, end)))
      default:
        // A PONG needs no answer: any frame shows that the peer is alive.
        return undefined
    }
  }

  #onHello(hello: Hello): void {
    if (this.#peerRole !== undefined) throw new ProtocolError('UNKNOWN_FRAME', 'a second HELLO')
    if ((this.#role === 'worker') === (hello.role === 'worker')) {
      throw new ProtocolError('BAD_MESSAGE', `a ${hello.role} cannot connect to a ${this.#role}`)
    }
    this.#peerRole = hello.role
    this.#events.onHello(hello)
  }

  #onHandOver(message: HandOver | undefined): void {
    if (message === undefined) return
    if (this.#peerRole === senderOf(message)) return this.#events.onHandOver(message)
    throw new ProtocolError('UNKNOWN_FRAME', `a ${this.#peerRole} sends no such HANDOVER`)
  }

  #expectWorker(frame: string): void {
    if (this.#peerRole === 'worker') return
    throw new ProtocolError('UNKNOWN_FRAME', `a ${this.#peerRole} sends no ${frame}`)
  }
}

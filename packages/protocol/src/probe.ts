/**
 * Finds out whether a silent worker is alive, by a second connection to it.
 *
 * The kernel accepts a connection for a process whose event loop is blocked, and acknowledges what
 * the connection carries: its keep-alive shows that the host is there and that the process has not
 * exited. Only a process whose event loop runs answers with a HELLO.
 */
import type { Socket } from 'node:net'
import { type Address, type Clock, systemClock } from '@resumelb/common'
import { Connection } from './connection.ts'
import { type DialTls, openSocket } from './dial.ts'

/** What a probe finds out. Each is called at most once, `failed` last. */
export interface ProbeEvents {
  /** The kernel of the peer's host has accepted the connection. */
  accepted(): void
  /** The peer itself has answered: its event loop runs. The probe has ended. */
  answered(): void
  /** The host cannot be reached, or no longer, or no process listens there. */
  failed(reason: Error): void
}

/** Who asks. */
export interface ProbeIdentity {
  readonly software: string
  readonly id: string
}

/** Milliseconds of rest before the first keep-alive. Node repeats it ten times, once a second. */
const keepAliveDelay = 1_000

/** The peer may take as long as it wants. In milliseconds. */
const patience = { helloTimeout: 3_600_000, silenceTimeout: 3_600_000, pingAfter: 3_000_000 }

export class Probe {
  readonly #socket: Socket
  readonly #events: ProbeEvents
  #connection: Connection | undefined
  #isOver = false

  /** Begins at once. */
  constructor(
    address: Address,
    tls: DialTls | undefined,
    identity: ProbeIdentity,
    events: ProbeEvents,
    clock: Clock = systemClock,
  ) {
    this.#events = events
    this.#socket = openSocket(address, tls)
    this.#socket.on('error', (error) => this.#fail(error))
    this.#socket.once('connect', () => this.#onConnect(identity, clock))
    this.#socket.once('close', () => this.#fail(new Error('closed')))
  }

  /** Ends it, without another event. */
  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    if (this.#connection === undefined) this.#socket.destroy()
    else this.#connection.close()
  }

  #onConnect({ software, id }: ProbeIdentity, clock: Clock): void {
    if (this.#isOver) return
    this.#socket.setKeepAlive(true, keepAliveDelay)
    this.#connection = new Connection(
      this.#socket,
      { role: 'monitor', software, id: `${id}-probe` },
      { onHello: () => this.#answered(), onClose: (reason) => this.#fail(reason) },
      patience,
      clock,
    )
    this.#events.accepted()
  }

  #answered(): void {
    if (this.#isOver) return
    this.close()
    this.#events.answered()
  }

  #fail(reason: Error): void {
    if (this.#isOver) return
    this.close()
    this.#events.failed(reason)
  }
}

/**
 * The way to the servers: always one client, replaced when it is dead, expired or stuck.
 *
 *     connecting ──▶ connected ──▶ connecting       the client reconnects by itself
 *         │              │
 *         └──▶ paused ◀──┘  ──▶ connecting          expired, refused or stuck: a new client
 *
 * `closed` is reached from everywhere and left to nowhere.
 */
import type { Clock } from '@resumelb/common'
import type { Ensemble } from '../connection-string.ts'
import type { SessionOptions } from '../options.ts'
import { clientStates, type LibraryClient } from './library.ts'
import { Watchdog } from './watchdog.ts'
import {
  createCleanClient,
  disposeClient,
  type SessionTicket,
  sayGoodbye,
  ticketOf,
} from './workarounds.ts'

/** The events of a connection. Never emitted within a call of the owner. */
export interface ConnectionEvents {
  /** A server answers. `isNew`: it is not the session of the last time. */
  connected(sessionId: string, isNew: boolean): void
  suspended(): void
  /** The session is gone, with all that it had registered. */
  lost(sessionId: string): void
  warning(error: Error): void
  /** Nothing could be reached for so many milliseconds. */
  unreachable(duration: number, cause: Error | undefined): void
}

/** Milliseconds before another try when the server refuses our credentials' scheme. */
const refusedPause = 5000

/** Milliseconds that a server has to confirm the end of the session. */
const goodbyeTimeout = 1000

/** Earlier sessions whose nodes count as ours. A server forgets them within a session timeout. */
const maxRememberedSessions = 100

export class Connection {
  readonly #ensemble: Ensemble
  readonly #options: Required<SessionOptions>
  readonly #events: ConnectionEvents
  readonly #clock: Clock
  /** Latest last. */
  readonly #sessions = new Set<string>()
  /** Also the client that has been disposed of, until the next one is made. */
  #client: LibraryClient
  #watchdog: Watchdog
  #state: 'connecting' | 'connected' | 'paused' | 'closed' = 'connecting'
  #downSince: number
  #lastFailure: Error | undefined
  /** Sessions that were lost or refused since the last connection. */
  #losses = 0
  #stopWatchdog = (): void => undefined
  #stopNotices = (): void => undefined
  #stopPause = (): void => undefined
  #closing: Promise<void> | undefined

  constructor(
    ensemble: Ensemble,
    options: Required<SessionOptions>,
    events: ConnectionEvents,
    clock: Clock,
  ) {
    this.#ensemble = ensemble
    this.#options = options
    this.#events = events
    this.#clock = clock
    this.#downSince = clock.now()
    this.#watchdog = new Watchdog(options.sessionTimeout, clock.now())
    this.#client = this.#open(undefined)
    this.#scheduleNotice(options.unreachableAfter)
  }

  get isConnected(): boolean {
    return this.#state === 'connected'
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** The client that calls can be made with; `undefined` while there is no connection. */
  get client(): LibraryClient | undefined {
    const isUsable = this.#client.connectionManager.state === clientStates.connected
    return this.isConnected && isUsable ? this.#client : undefined
  }

  /** Hexadecimal; `undefined` before the first connection. */
  get sessionId(): string | undefined {
    return [...this.#sessions].at(-1)
  }

  /** For resuming the session elsewhere. */
  get ticket(): SessionTicket {
    return ticketOf(this.#client)
  }

  /** Milliseconds: what the server granted, or before that what we ask. */
  get sessionTimeout(): number {
    return this.#client.getSessionTimeout() || this.#options.sessionTimeout
  }

  /** Why there is no connection, as far as it is known. */
  get lastFailure(): Error | undefined {
    return this.#lastFailure
  }

  /** Says whether a session is or was this process's. */
  isOurs(sessionId: string): boolean {
    return this.#sessions.has(sessionId)
  }

  /** Ends the session. Returns within about a second, whatever the state and the server. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { client } = this
    this.#state = 'closed'
    this.#stopWatchdog()
    this.#stopNotices()
    this.#stopPause()
    if (client !== undefined) {
      await new Promise<void>((resolve) => {
        const stopWaiting = this.#clock.after(goodbyeTimeout, resolve)
        sayGoodbye(client, () => {
          stopWaiting()
          resolve()
        })
      })
    }
    disposeClient(this.#client)
  }

  #open(ticket: SessionTicket | undefined): LibraryClient {
    const client = createCleanClient(
      {
        ensemble: this.#ensemble,
        sessionTimeout: this.#options.sessionTimeout,
        credentials: this.#options.credentials,
        ticket,
      },
      {
        stateChanged: (state) => {
          if (client === this.#client && !this.isClosed) this.#changed(state)
        },
        heard: () => this.#watchdog.heard(this.#clock.now()),
        failed: (error) => {
          this.#lastFailure = error
        },
      },
      this.#clock,
    )
    this.#client = client
    this.#state = 'connecting'
    this.#watchdog = new Watchdog(this.#options.sessionTimeout, this.#clock.now())
    this.#scheduleLook()
    client.connect()
    return client
  }

  #changed(state: number): void {
    switch (state) {
      case clientStates.connected:
        this.#enterConnected()
        break
      case clientStates.disconnected:
        this.#leaveConnected()
        break
      case clientStates.expired:
        this.#soon(() => this.#expired())
        break
      case clientStates.authenticationFailed:
        this.#soon(() => this.#refused())
        break
      default:
    }
  }

  /** The library must not be torn down inside its own handlers. */
  #soon(action: () => void): void {
    const client = this.#client
    setImmediate(() => {
      if (client === this.#client && !this.isClosed && this.#state !== 'paused') action()
    })
  }

  #enterConnected(): void {
    const sessionId = this.#client.getSessionId().toString('hex')
    const isNew = sessionId !== this.sessionId
    this.#remember(sessionId)
    this.#state = 'connected'
    this.#losses = 0
    this.#lastFailure = undefined
    this.#stopNotices()
    this.#watchdog.connected(this.#clock.now(), this.sessionTimeout)
    // The library sends nothing before its listeners have returned.
    queueMicrotask(() => {
      if (this.isConnected) this.#events.connected(sessionId, isNew)
    })
  }

  #leaveConnected(): void {
    this.#watchdog.disconnected(this.#clock.now())
    if (!this.isConnected) return
    this.#state = 'connecting'
    this.#downSince = this.#clock.now()
    this.#scheduleNotice(this.#options.unreachableAfter)
    queueMicrotask(() => this.#events.suspended())
  }

  #remember(sessionId: string): void {
    this.#sessions.delete(sessionId)
    this.#sessions.add(sessionId)
    const [oldest] = this.#sessions
    if (this.#sessions.size > maxRememberedSessions && oldest !== undefined) {
      this.#sessions.delete(oldest)
    }
  }

  #expired(): void {
    const lost = this.sessionId
    this.#leaveConnected()
    if (lost !== undefined) this.#events.lost(lost)
    // A server that expires even fresh sessions must not make us spin.
    this.#replace(undefined, this.#losses++ === 0 ? 0 : this.sessionTimeout / 3)
  }

  #refused(): void {
    const error = new Error('ZooKeeper rejected the credentials; retrying')
    this.#lastFailure = error
    this.#leaveConnected()
    this.#events.warning(error)
    this.#replace(undefined, refusedPause)
  }

  /** Puts another client in the place of this one, after a pause. */
  #replace(ticket: SessionTicket | undefined, pause: number): void {
    this.#stopWatchdog()
    this.#state = 'paused'
    disposeClient(this.#client)
    this.#stopPause = this.#clock.after(pause, () => this.#open(ticket))
  }

  #scheduleLook(): void {
    this.#stopWatchdog()
    this.#stopWatchdog = this.#clock.after(this.#watchdog.interval, () => {
      this.#scheduleLook()
      this.#look()
    })
  }

  #look(): void {
    const now = this.#clock.now()
    switch (this.#watchdog.look(now)) {
      case 'silent': {
        const silence = Math.round(this.#watchdog.silence(now))
        this.#lastFailure = new Error(`no answer from ZooKeeper for ${silence} ms`)
        this.#events.warning(this.#lastFailure)
        this.#client.connectionManager.socket?.destroy()
        break
      }
      case 'stuck':
        this.#replace(ticketOf(this.#client), 0)
        break
      case 'fine':
        break
    }
  }

  #scheduleNotice(delay: number): void {
    this.#stopNotices()
    this.#stopNotices = this.#clock.after(delay, () => {
      this.#scheduleNotice(this.#options.unreachableEvery)
      this.#events.unreachable(this.#clock.now() - this.#downSince, this.#lastFailure)
    })
  }
}

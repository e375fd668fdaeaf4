/** The open, idle connections to the upstream server. */
import type { Clock } from '@resumelb/common'
import { Connection, type ConnectionOwner } from './connection.ts'
import { defaultConnectTimeout, dialOrigin, type Origin } from './origin.ts'

/** Maximum number of idle connections. */
const maxIdle = 256

/** Milliseconds to keep an idle connection if the server does not say how long. */
const defaultIdleTimeout = 4_000

/** Maximum milliseconds to keep an idle connection, whatever the server says. */
const maxIdleTimeout = 60_000

/**
 * Milliseconds to subtract from the server's time, so that it is not closing at the same moment.
 */
const idleMargin = 1_000

/** Milliseconds between two checks for connections that were idle for too long. */
const sweepInterval = 1_000

/**
 * Maximum idle milliseconds of a connection for a request that cannot be retried: servers do not
 * close connections so early, and it is unknown whether a server had begun with a request before it
 * closed.
 */
export const unrepeatableIdle = 1_000

export class ConnectionPool implements ConnectionOwner {
  readonly clock: Clock
  readonly #origin: Origin
  readonly #connectTimeout: number
  /** The most recently used one is last, and is used first. */
  readonly #idle: Connection[] = []
  #isSweeping = false
  #isClosed = false

  /** `connectTimeout`: milliseconds to wait for a connection, TLS included. */
  constructor(origin: Origin, clock: Clock, connectTimeout: number = defaultConnectTimeout) {
    this.#origin = origin
    this.clock = clock
    this.#connectTimeout = connectTimeout
  }

  /** The most recently used connection, if it was idle for at most this number of milliseconds. */
  take(longestIdle: number): Connection | undefined {
    const connection = this.#idle.at(-1)
    if (connection === undefined) return undefined
    const idle = this.clock.now() - connection.idleSince
    if (idle > Math.min(longestIdle, limitOf(connection))) return undefined
    this.#idle.pop()
    return connection
  }

  /** Opens a connection. Rejects if that fails; nothing was sent then. */
  async connect(): Promise<Connection> {
    return new Connection(await dialOrigin(this.#origin, this.clock, this.#connectTimeout), this)
  }

  /** Keeps a connection whose request is over, if it can be reused. */
  release(connection: Connection): void {
    const isReusable = connection.isReusable && !this.#isClosed && this.#idle.length < maxIdle
    connection.release()
    if (!isReusable) return connection.destroy()
    connection.idleSince = this.clock.now()
    this.#idle.push(connection)
    this.#sweepLater()
  }

  /** Part of {@link ConnectionOwner}. */
  onClosed(connection: Connection): void {
    const at = this.#idle.indexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
  }

  /** Closes the idle connections, and keeps none from now on. */
  close(): void {
    this.#isClosed = true
    for (const connection of [...this.#idle]) connection.destroy()
  }

  #sweepLater(): void {
    if (this.#isSweeping) return
    this.#isSweeping = true
    this.clock.after(sweepInterval, () => this.#sweep())
  }

  #sweep(): void {
    this.#isSweeping = false
    const now = this.clock.now()
    for (const connection of [...this.#idle]) {
      if (now - connection.idleSince > limitOf(connection)) connection.destroy()
    }
    if (this.#idle.length > 0) this.#sweepLater()
  }
}

function limitOf({ idleTimeout }: Connection): number {
  if (idleTimeout === undefined) return defaultIdleTimeout
  return Math.min(idleTimeout - Math.min(idleMargin, idleTimeout / 2), maxIdleTimeout)
}

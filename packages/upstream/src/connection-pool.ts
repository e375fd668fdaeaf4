/** The connections to the server behind that are open and idle. */
import type { Clock } from '@resumelb/common'
import { Connection, type ConnectionOwner } from './connection.ts'
import { dialOrigin, type Origin } from './origin.ts'

/** Idle connections that are kept. */
const maxIdle = 256

/** Milliseconds for which an idle connection is kept if the server does not say. */
const defaultIdleTimeout = 4_000

/** Milliseconds for which one is kept at most, whatever the server says. */
const maxIdleTimeout = 60_000

/** By how many milliseconds less than the server says, so that it is not just closing. */
const idleMargin = 1_000

/** Milliseconds between two looks at what has been idle for too long. */
const sweepInterval = 1_000

/**
 * How long a connection may have been idle for a request that cannot be repeated: servers do not
 * close them so early, and nobody can tell whether one has begun with a request before it closed.
 */
export const unrepeatableIdle = 1_000

export class ConnectionPool implements ConnectionOwner {
  readonly clock: Clock
  readonly #origin: Origin
  /** The one that was used last comes last, and is used first. */
  readonly #idle: Connection[] = []
  #isSweeping = false
  #isClosed = false

  constructor(origin: Origin, clock: Clock) {
    this.#origin = origin
    this.clock = clock
  }

  /** The connection that was used last, if it has been idle for no longer than so many milliseconds. */
  take(longestIdle: number): Connection | undefined {
    const connection = this.#idle.at(-1)
    if (connection === undefined) return undefined
    const idle = this.clock.now() - connection.idleSince
    if (idle > Math.min(longestIdle, limitOf(connection))) return undefined
    this.#idle.pop()
    return connection
  }

  /** A new connection. Rejects if there is none to be had; nothing was sent then. */
  async connect(): Promise<Connection> {
    return new Connection(await dialOrigin(this.#origin, this.clock), this)
  }

  /** Keeps a connection whose request is over, if it can be used again. */
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

/** A session that survives: registrations, watches and calls over whatever client is alive. */
import { EventEmitter } from 'node:events'
import type { AccessList } from './auth.ts'
import { ZooKeeperError } from './errors.ts'
import type { Properties } from './node-data.ts'
import type { SessionOptions } from './options.ts'

/** News of a lasting inability to reach any server. */
export interface Unreachable {
  readonly connectionString: string
  /** For how long now, in whole seconds. */
  readonly seconds: number
  /** The latest reason, as far as it is known. */
  readonly cause: Error | undefined
}

export interface SessionEvents {
  /** A server answers. `isNew`: the session is a new one (the first, or after a loss). */
  connected: [{ readonly sessionId: string; readonly isNew: boolean }]
  /** No connection for the moment. The session may still live, and watches keep what they know. */
  suspended: []
  /** The session has expired, and with it everything registered. A new one is on its way. */
  lost: [sessionId: string]
  /** Something that an operator should read. */
  warning: [Error]
  /** No server can be reached: first after `unreachableAfter`, then every `unreachableEvery`. */
  unreachable: [Unreachable]
  closed: []
}

export interface RegistrationOptions {
  /** Who may do what with the node; everybody may read by default. */
  readonly access?: AccessList
  /**
   * Whether to replace a node that another session holds, which is right for whoever listens on
   * the address the node is named for (it is then a dead process's), and the default.
   */
  readonly takeover?: boolean
}

/** A node of ours that is there whenever the server is, until we take it back. */
export interface Registration {
  /** As asked, before links. */
  readonly path: string
  /** Where the node is; `undefined` before it is registered. */
  readonly node: string | undefined
  /** `waiting`: another living session holds the node. */
  readonly state: 'pending' | 'registered' | 'waiting' | 'unregistered'
  /** Resolves when the node is there for the first time; rejects if it is taken back before. */
  registered(): Promise<void>
  /** Replaces the properties. Others see no moment without the node. Resolves when it is done. */
  update(properties: Properties): Promise<void>
  /** Removes the node. Rejects after a session timeout; the removal is pursued all the same. */
  unregister(): Promise<void>
}

/** Something that is kept up to date. */
export interface Watch<T> {
  /** The latest value; `undefined` before the first. */
  readonly value: T | undefined
  /** Resolves with the first value. Rejects if the watch is stopped before. */
  first(): Promise<T>
  stop(): void
}

export class Session extends EventEmitter<SessionEvents> {
  readonly connectionString: string
  constructor(connectionString: string, _options: SessionOptions = {}) {
    super()
    this.connectionString = connectionString
  }
  get state(): 'connecting' | 'connected' | 'suspended' | 'closed' {
    return 'connecting'
  }
  /** Hexadecimal; `undefined` before the first connection. */
  get sessionId(): string | undefined {
    return undefined
  }
  /** Milliseconds, as the server granted. */
  get sessionTimeout(): number {
    return 0
  }
  /** Resolves when a server answers: at once if it does now. */
  connected(_signal?: AbortSignal): Promise<void> {
    return Promise.reject(notYet)
  }
  register(_path: string, _properties: Properties, _options?: RegistrationOptions): Registration {
    throw notYet
  }
  /** The properties of the node behind links, property links followed; `undefined` if there is none. */
  watchProperties(
    _path: string,
    _callback: (properties: Properties | undefined) => void,
  ): Watch<Properties | undefined> {
    throw notYet
  }
  /** Who is registered under a node: properties by address. Empty if there is no such node. */
  watchProviders(
    _path: string,
    _callback: (providers: ReadonlyMap<string, Properties>) => void,
  ): Watch<ReadonlyMap<string, Properties>> {
    throw notYet
  }
  /** The real path behind links. */
  resolve(_path: string): Promise<string> {
    return Promise.reject(notYet)
  }
  /** Closes the session; what it registered goes. Always returns, within about a second. */
  close(): Promise<void> {
    return Promise.reject(notYet)
  }
}

export interface ConnectOptions extends SessionOptions {
  /**
   * Milliseconds to wait for the first connection; `Infinity` for daemons, which wait for as long
   * as it takes and say so with `unreachable`.
   */
  readonly connectTimeout?: number
  readonly signal?: AbortSignal
  /** Hears `unreachable` events from the start. */
  readonly onUnreachable?: (news: Unreachable) => void
  /** Hears `warning` events from the start. */
  readonly onWarning?: (warning: Error) => void
}

/** Opens a session and waits for its first connection. */
export function connect(
  _connectionString: string,
  _options: ConnectOptions = {},
): Promise<Session> {
  return Promise.reject(notYet)
}

const notYet = new ZooKeeperError('CLOSED', 'not yet')

/** A session that survives: registrations, watches and calls over whatever client is alive. */
import { EventEmitter } from 'node:events'
import { awaitedClock, type Clock, OptionError } from '@resumelb/common'
import { Calls } from './client/calls.ts'
import { Connection } from './client/connection.ts'
import { parseConnectionString } from './connection-string.ts'
import { ZooKeeperError } from './errors.ts'
import { followPropertyLinks, resolvePath } from './links.ts'
import type { Properties } from './node-data.ts'
import { Nodes, type Seen, Watchers } from './nodes.ts'
import { resolveSessionOptions, type SessionOptions } from './options.ts'
import { checkPath, normalize } from './paths.ts'
import { orIfMissing, ProviderReader } from './providers.ts'
import {
  EphemeralRegistration,
  type Registration,
  type RegistrationContext,
  type RegistrationOptions,
} from './registration.ts'
import { LiveValue, type Watch, type WatchContext } from './watch.ts'

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

/** Registrations, and watches, that one session may have at one time. */
export const maxRegistrations = 1000
export const maxWatches = 1000

/** A session that survives. Open one with `connect`, or here without waiting. */
export class Session extends EventEmitter<SessionEvents> {
  readonly connectionString: string
  /** Calls about single nodes; paths are taken as they are, without links. */
  readonly nodes: Nodes
  readonly #clock: Clock
  readonly #connection: Connection
  readonly #calls: Calls
  readonly #watchers = new Watchers()
  readonly #registrations = new Map<string, EphemeralRegistration>()
  readonly #watches = new Set<{ wake(): void; stop(): void }>()
  readonly #providers: ProviderReader
  #wasConnected = false
  #closing: Promise<void> | undefined

  /** Begins to connect. Throws an {@link OptionError} if string or options are bad. */
  constructor(connectionString: string, options: SessionOptions = {}, clock: Clock = awaitedClock) {
    super()
    this.connectionString = connectionString
    this.#clock = clock
    const ensemble = parseConnectionString(connectionString)
    this.#connection = new Connection(
      ensemble,
      resolveSessionOptions(options),
      {
        connected: (sessionId, isNew) => this.#connected(sessionId, isNew),
        suspended: () => this.#tell('suspended'),
        lost: (sessionId) => this.#tell('lost', sessionId),
        warning: (error) => this.#tell('warning', error),
        unreachable: (duration, cause) => {
          const seconds = Math.round(duration / 1000)
          this.#tell('unreachable', { connectionString, seconds, cause })
        },
      },
      clock,
    )
    this.#calls = new Calls(this.#connection, clock)
    this.nodes = new Nodes(this.#calls, ensemble.chroot, this.#watchers, this.#warn)
    this.#providers = new ProviderReader(this.nodes, this.#warn)
  }

  /** `connecting` before the first connection, `suspended` between two. */
  get state(): 'connecting' | 'connected' | 'suspended' | 'closed' {
    if (this.#connection.isClosed) return 'closed'
    if (this.#connection.isConnected) return 'connected'
    return this.#wasConnected ? 'suspended' : 'connecting'
  }

  /** Hexadecimal; `undefined` before the first connection. */
  get sessionId(): string | undefined {
    return this.#connection.sessionId
  }

  /** Milliseconds, as the server granted. */
  get sessionTimeout(): number {
    return this.#connection.sessionTimeout
  }

  /** Why there is no connection, as far as it is known. */
  get lastFailure(): Error | undefined {
    return this.#connection.lastFailure
  }

  /** Resolves when a server answers: at once if it does now. Rejects if we close, or give up. */
  connected(signal?: AbortSignal): Promise<void> {
    if (this.state === 'connected') return Promise.resolve()
    if (this.state === 'closed') return Promise.reject(closedError())
    signal?.throwIfAborted()
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        this.off('connected', connected)
        this.off('closed', closed)
        signal?.removeEventListener('abort', aborted)
        finish()
      }
      const connected = (): void => settle(resolve)
      const closed = (): void => settle(() => reject(closedError()))
      const aborted = (): void => settle(() => reject(signal?.reason))
      this.on('connected', connected)
      this.on('closed', closed)
      signal?.addEventListener('abort', aborted)
    })
  }

  /**
   * Keeps an ephemeral node at the path, which is resolved through links, with these properties.
   * Missing parents are created. Throws if this session has registered the path already.
   */
  register(path: string, properties: Properties, options: RegistrationOptions = {}): Registration {
    this.#refuseIfClosed()
    checkPath(path)
    if (normalize(path) === '/') throw new OptionError('path', 'a path below the root node', path)
    if (this.#registrations.has(path)) {
      throw new ZooKeeperError('NODE_EXISTS', `${path} is already registered by this session`)
    }
    refuseMoreThan(maxRegistrations, this.#registrations.size, 'registrations')
    const connection = this.#connection
    const context: RegistrationContext = {
      ...this.#context(),
      nodes: this.nodes,
      sessionId: () => connection.sessionId,
      isOurs: (sessionId) => connection.isOurs(sessionId),
      ended: () => {
        this.#registrations.delete(path)
      },
    }
    const registration = new EphemeralRegistration(path, properties, options, context)
    this.#registrations.set(path, registration)
    return registration
  }

  /**
   * Calls back with the properties of the node behind links, now and whenever they change, property
   * links followed; with `undefined` while there is no such node.
   */
  watchProperties(
    path: string,
    callback: (properties: Properties | undefined) => void,
  ): Watch<Properties | undefined> {
    return this.#watch(path, callback, (seen) =>
      orIfMissing(() => this.properties(path, seen), undefined),
    )
  }

  /** Calls back with the names of the children, sorted; with none while there is no such node. */
  watchChildren(
    path: string,
    callback: (names: readonly string[]) => void,
  ): Watch<readonly string[]> {
    return this.#watch(path, callback, (seen) =>
      orIfMissing(async () => await this.nodes.children(await this.resolve(path, seen), seen), []),
    )
  }

  /**
   * Calls back with who is registered under the node: properties by address `HOST:PORT`. All
   * properties are read anew with each change, because a node that was replaced in one step has the
   * same name and perhaps another version. Children whose name is no address are left out.
   */
  watchProviders(
    path: string,
    callback: (providers: ReadonlyMap<string, Properties>) => void,
  ): Watch<ReadonlyMap<string, Properties>> {
    return this.#watch(path, callback, (seen) =>
      orIfMissing(
        async () => await this.#providers.read(await this.resolve(path, seen), seen),
        new Map(),
      ),
    )
  }

  /** The real path behind links. Fails with `NO_NODE` or `LINK_LOOP`. */
  resolve(path: string, seen?: Seen): Promise<string> {
    return resolvePath(this.nodes, path, seen)
  }

  /** The properties of the node behind links, property links followed. Fails with `NO_NODE`. */
  async properties(path: string, seen?: Seen): Promise<Properties> {
    const node = await this.resolve(path, seen)
    const properties = await this.nodes.properties(node, seen)
    return await followPropertyLinks(this.nodes, node, properties, this.#warn, seen)
  }

  /**
   * Ends the session, and with it all that it registered. Returns within about a second, whatever
   * the state of session and server; a second call waits for the same end.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const registration of [...this.#registrations.values()]) registration.stop()
    for (const watch of [...this.#watches]) watch.stop()
    await this.#connection.close()
    this.#calls.closed()
    this.#tell('closed')
  }

  #connected(sessionId: string, isNew: boolean): void {
    this.#wasConnected = true
    this.#tell('connected', { sessionId, isNew })
    this.#calls.connected()
    for (const registration of this.#registrations.values()) registration.wake()
    for (const watch of this.#watches) watch.wake()
  }

  #watch<T>(
    path: string,
    callback: (value: T) => void,
    read: (seen: Seen) => Promise<T>,
  ): Watch<T> {
    this.#refuseIfClosed()
    checkPath(path)
    refuseMoreThan(maxWatches, this.#watches.size, 'watches')
    const context: WatchContext = {
      ...this.#context(),
      forget: (seen) => this.#watchers.drop(seen),
      ended: () => {
        this.#watches.delete(watch)
      },
    }
    const watch = new LiveValue<T>(read, callback, context)
    this.#watches.add(watch)
    return watch
  }

  #context(): Pick<WatchContext, 'clock' | 'isConnected' | 'sessionTimeout' | 'warn'> {
    return {
      clock: this.#clock,
      isConnected: () => this.#connection.isConnected,
      sessionTimeout: () => this.sessionTimeout,
      warn: this.#warn,
    }
  }

  readonly #warn = (error: Error): void => this.#tell('warning', error)

  /** A listener that throws must look like what it is, not like a failure of the connection. */
  #tell<Name extends keyof SessionEvents>(name: Name, ...args: SessionEvents[Name]): void {
    try {
      ;(this as EventEmitter).emit(name, ...args)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }

  #refuseIfClosed(): void {
    if (this.#closing !== undefined) throw closedError()
  }
}

function refuseMoreThan(limit: number, size: number, things: string): void {
  if (size >= limit) {
    throw new ZooKeeperError('TOO_MANY', `a session has at most ${limit} ${things}`)
  }
}

function closedError(): ZooKeeperError {
  return new ZooKeeperError('CLOSED', 'the session is closed')
}

/** A session that survives: registrations, watches and calls over whatever client is alive. */
import { EventEmitter } from 'node:events'
import { parseAddress } from './address.ts'
import { Calls } from './client/calls.ts'
import { Connection } from './client/connection.ts'
import { type Clock, systemClock } from './clock.ts'
import { parseConnectionString } from './connection-string.ts'
import { hasCode, OptionError, ZooKeeperError } from './errors.ts'
import { followPropertyLinks, resolvePath } from './links.ts'
import type { Properties } from './node-data.ts'
import { Nodes, type Seen, Watchers } from './nodes.ts'
import { resolveSessionOptions, type SessionOptions } from './options.ts'
import { childOf, normalize } from './paths.ts'
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

/** Registrations under one node that a watch reads; more are ignored, with a warning. */
export const maxProviders = 10_000

/** Names that a session has warned about, so that it warns once. */
const maxNamesWarned = 1000

/** A session that survives. Open one with {@link connect}, or here without waiting. */
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
  readonly #namesWarned = new Set<string>()
  #wasConnected = false
  #closing: Promise<void> | undefined

  /** Begins to connect. Throws an {@link OptionError} if string or options are bad. */
  constructor(connectionString: string, options: SessionOptions = {}, clock: Clock = systemClock) {
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
    if (normalize(path) === '/') throw new OptionError('the top node cannot be registered')
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
      orIfMissing(() => this.#providers(path, seen), new Map()),
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

  async #providers(path: string, seen: Seen): Promise<ReadonlyMap<string, Properties>> {
    const node = await this.resolve(path, seen)
    const names = (await this.nodes.children(node, seen)).filter((name) =>
      this.#isAddress(node, name),
    )
    if (names.length > maxProviders) {
      this.#warnOnce(
        node,
        `${node} has ${names.length} children, of which ${maxProviders} are read`,
      )
    }
    const entries = await Promise.all(
      names.slice(0, maxProviders).map(async (name) => {
        // It may go between the list and the read.
        const read = (): Promise<Properties> => this.nodes.properties(childOf(node, name))
        return [name, await orIfMissing(read, undefined)] as const
      }),
    )
    return new Map(entries.filter((entry): entry is [string, Properties] => entry[1] !== undefined))
  }

  #isAddress(node: string, name: string): boolean {
    const isAddress = parseAddress(name) !== undefined
    if (!isAddress) this.#warnOnce(childOf(node, name), `${node}/${name} is no address HOST:PORT`)
    return isAddress
  }

  #warnOnce(key: string, message: string): void {
    if (this.#namesWarned.has(key) || this.#namesWarned.size >= maxNamesWarned) return
    this.#namesWarned.add(key)
    this.#warn(new Error(message))
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

export interface ConnectOptions extends SessionOptions {
  /**
   * Milliseconds to wait for the first connection; `Infinity` for daemons, which wait for as long
   * as it takes and say so with `unreachable`.
   */
  readonly connectTimeout?: number
  /** Ends the waiting for the first connection. */
  readonly signal?: AbortSignal
  /** Hears `unreachable` events from the start. */
  readonly onUnreachable?: (news: Unreachable) => void
  /** Hears `warning` events from the start. */
  readonly onWarning?: (warning: Error) => void
}

/** Milliseconds that {@link connect} waits unless told otherwise. */
const defaultConnectTimeout = 10_000

/**
 * Opens a session and waits for its first connection. Fails with `UNREACHABLE` when the time is
 * over, naming the connection string and the last reason; nothing is left running then.
 */
export async function connect(
  connectionString: string,
  options: ConnectOptions = {},
): Promise<Session> {
  const { connectTimeout = defaultConnectTimeout, signal, onUnreachable, onWarning } = options
  if (!(connectTimeout > 0)) {
    throw new OptionError(`Expected connectTimeout to be above 0, got ${connectTimeout}`)
  }
  signal?.throwIfAborted()
  const session = new Session(connectionString, options)
  if (onUnreachable !== undefined) session.on('unreachable', onUnreachable)
  if (onWarning !== undefined) session.on('warning', onWarning)
  const late = new AbortController()
  const cancel = Number.isFinite(connectTimeout)
    ? systemClock.after(connectTimeout, () => late.abort(unreachable(session, connectTimeout)))
    : undefined
  try {
    const signals = signal === undefined ? [late.signal] : [late.signal, signal]
    await session.connected(AbortSignal.any(signals))
    return session
  } catch (error) {
    await session.close()
    throw error
  } finally {
    cancel?.()
  }
}

function unreachable(session: Session, timeout: number): ZooKeeperError {
  const { connectionString, lastFailure: cause } = session
  const reason = cause === undefined ? '' : `: ${cause.message}`
  return new ZooKeeperError(
    'UNREACHABLE',
    `cannot reach ZooKeeper at ${connectionString} within ${timeout / 1000} s${reason}`,
    { cause },
  )
}

async function orIfMissing<T, Other>(read: () => Promise<T>, other: Other): Promise<T | Other> {
  try {
    return await read()
  } catch (error) {
    if (hasCode(error, 'NO_NODE')) return other
    throw error
  }
}

function checkPath(path: string): void {
  if (!path.startsWith('/')) {
    throw new OptionError(`Expected a path such as /lb/workers, got '${path}'`)
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

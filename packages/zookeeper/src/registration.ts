/** Ephemeral nodes that are there whenever the server is, until we take them back. */

import type { Clock } from '@resumelb/common'
import { type AccessList, readAccess } from './auth.ts'
import { hasCode, ZooKeeperError } from './errors.ts'
import { resolveMissing } from './links.ts'
import { encodeProperties, type Properties } from './node-data.ts'
import type { Nodes } from './nodes.ts'
import { childOf, nameOf, normalize, parentOf } from './paths.ts'
import { Reconciler } from './reconciler.ts'
import { TakeoverGuard } from './takeover-guard.ts'

export interface RegistrationOptions {
  /** The access list of the node; by default, all may read. */
  readonly access?: AccessList
  /**
   * Whether to replace a node that another session holds. That is right for the process that
   * listens on the address that the node is named for, because its holder is then a dead process;
   * it is the default. Otherwise we wait until the dead session goes, at most its timeout.
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
  /**
   * Replaces the properties. Others see no moment without the node. Resolves when it is done;
   * rejects after a session timeout, and is pursued all the same.
   */
  update(properties: Properties): Promise<void>
  /**
   * Removes the node, for good. Resolves when it is gone; rejects after a session timeout, and is
   * pursued all the same.
   */
  unregister(): Promise<void>
}

/** What a registration needs of its session. */
export interface RegistrationContext {
  readonly nodes: Nodes
  readonly clock: Clock
  readonly isConnected: () => boolean
  readonly sessionId: () => string | undefined
  readonly sessionTimeout: () => number
  /** Whether the session is or was this process's. */
  readonly isOurs: (sessionId: string) => boolean
  readonly warn: (error: Error) => void
  /** The registration is over. */
  readonly ended: () => void
}

/** Promises of one registration that may wait at one time. */
const maxWaiters = 1000

interface Waiter {
  readonly until: () => boolean
  readonly settle: (error?: Error) => void
}

/**
 * Each run looks at what the server has and does one thing about it; the watch on our own node
 * then starts the next run, until what is there is what is wanted. So it does not matter who
 * changed the node, or whether an answer was lost.
 */
export class EphemeralRegistration implements Registration {
  readonly path: string
  readonly #context: RegistrationContext
  readonly #access: AccessList
  readonly #takeover: boolean
  readonly #pursuit: Reconciler
  readonly #guard = new TakeoverGuard()
  readonly #waiters = new Set<Waiter>()
  #data: Buffer
  /** What we wrote into the node that we hold, by identity; `undefined` if we hold none. */
  #written: Buffer | undefined
  #node: string | undefined
  #state: Registration['state'] = 'pending'
  #isWanted = true
  #wasRegistered = false
  /** The session that we have warned about. */
  #holder: string | undefined

  constructor(
    path: string,
    properties: Properties,
    options: RegistrationOptions,
    context: RegistrationContext,
  ) {
    this.path = path
    this.#context = context
    this.#data = encodeProperties(properties)
    this.#access = options.access ?? readAccess
    this.#takeover = options.takeover ?? true
    this.#pursuit = new Reconciler(
      () => (this.#isWanted ? this.#ensurePresent() : this.#ensureAbsent()),
      {
        mayRun: context.isConnected,
        longestPause: context.sessionTimeout,
        warn: context.warn,
        clock: context.clock,
      },
    )
    this.#pursuit.wake()
  }

  get node(): string | undefined {
    return this.#node
  }

  get state(): Registration['state'] {
    return this.#state
  }

  registered(): Promise<void> {
    return this.#wait(() => this.#wasRegistered, Number.POSITIVE_INFINITY)
  }

  update(properties: Properties): Promise<void> {
    const data = encodeProperties(properties)
    this.#data = data
    this.wake()
    return this.#wait(() => this.#written === data || this.#data !== data)
  }

  unregister(): Promise<void> {
    this.#isWanted = false
    if (this.#node === undefined && !this.#pursuit.isRunning) this.stop()
    this.wake()
    return this.#wait(() => this.#state === 'unregistered')
  }

  /** Something may have changed: connection, session, links or the node. */
  wake(): void {
    this.#pursuit.wake()
  }

  /** Ends without the server: its session ends as well. */
  stop(): void {
    this.#pursuit.stop()
    this.#enter('unregistered')
  }

  async #ensurePresent(): Promise<void> {
    const { nodes } = this.#context
    const plain = normalize(this.path)
    const parent = await resolveMissing(nodes, parentOf(plain), this.#pursuit.wake)
    const node = childOf(parent, nameOf(plain))
    if (this.#node !== undefined && this.#node !== node) await this.#removeOurs(this.#node)
    this.#node = node
    const stat = await nodes.exists(node, this.#pursuit.wake)
    if (stat === undefined) return await this.#create(node)
    if (stat.owner === this.#context.sessionId() && this.#written === this.#data) {
      return this.#enter('registered')
    }
    if (this.#mayReplace(stat.owner)) return await this.#replace(node)
    await this.#standBy(node, stat.owner)
  }

  async #create(node: string): Promise<void> {
    const { nodes } = this.#context
    const data = this.#data
    this.#guard.free()
    try {
      await nodes.create(node, data, { access: this.#access, ephemeral: true })
      this.#written = data
    } catch (error) {
      if (hasCode(error, 'NO_NODE')) await nodes.ensure(parentOf(node))
      else if (!hasCode(error, 'NODE_EXISTS')) throw error
    }
    this.#pursuit.wake()
  }

  async #replace(node: string): Promise<void> {
    const data = this.#data
    try {
      await this.#context.nodes.replace(node, data, this.#access)
      this.#written = data
    } catch (error) {
      // It went away at this very moment, which is as good.
      if (!hasCode(error, 'NO_NODE')) throw error
    }
    this.#pursuit.wake()
  }

  #mayReplace(owner: string | undefined): boolean {
    if (owner !== undefined && this.#context.isOurs(owner)) return true
    if (this.#written !== undefined) {
      this.#written = undefined
      this.#enter('pending')
      this.#guard.taken(this.#context.clock.now(), this.#context.sessionTimeout())
    }
    return this.#takeover && !this.#guard.isFight
  }

  /** The watch on the node wakes us when its holder goes. */
  async #standBy(node: string, owner: string | undefined): Promise<void> {
    const holder = owner ?? 'unknown'
    if (this.#holder !== holder) {
      this.#holder = holder
      this.#context.warn(await this.#occupied(node, holder))
    }
    this.#enter('waiting')
  }

  async #occupied(node: string, holder: string): Promise<Error> {
    let pid: unknown
    try {
      ;({ pid } = await this.#context.nodes.properties(node))
    } catch (error) {
      // The name of the holder is only a help; the next run sees what has become of the node.
      if (!(error instanceof ZooKeeperError)) throw error
    }
    const who = `session ${holder}${pid === undefined ? '' : ` (pid ${String(pid)})`}`
    const message = `${nameOf(node)} is also registered by ${who}; waiting until it is free`
    return new ZooKeeperError('NODE_EXISTS', message)
  }

  async #ensureAbsent(): Promise<void> {
    if (this.#node !== undefined) await this.#removeOurs(this.#node)
    this.#pursuit.stop()
    this.#enter('unregistered')
  }

  async #removeOurs(node: string): Promise<void> {
    const { nodes, isOurs } = this.#context
    const stat = await nodes.exists(node)
    if (stat?.owner === undefined || !isOurs(stat.owner)) return
    try {
      await nodes.remove(node)
    } catch (error) {
      if (!hasCode(error, 'NO_NODE')) throw error
    }
  }

  #enter(state: Registration['state']): void {
    if (this.#state === 'unregistered') return
    this.#state = state
    if (state === 'registered') {
      this.#wasRegistered = true
      this.#holder = undefined
    }
    for (const waiter of [...this.#waiters]) {
      if (waiter.until()) waiter.settle()
      else if (state === 'unregistered') {
        waiter.settle(new ZooKeeperError('CLOSED', `${this.path} is no longer registered`))
      }
    }
    if (state === 'unregistered') this.#context.ended()
  }

  #wait(until: () => boolean, timeout: number = this.#context.sessionTimeout()): Promise<void> {
    if (until()) return Promise.resolve()
    if (this.#state === 'unregistered') {
      return Promise.reject(new ZooKeeperError('CLOSED', `${this.path} is no longer registered`))
    }
    if (this.#waiters.size >= maxWaiters) {
      return Promise.reject(
        new ZooKeeperError('TOO_MANY', `${maxWaiters} promises wait for ${this.path}`),
      )
    }
    return new Promise((resolve, reject) => {
      const cancel = Number.isFinite(timeout)
        ? this.#context.clock.after(timeout, () => {
            waiter.settle(
              new ZooKeeperError('TIMEOUT', `${this.path}: timed out after ${timeout} ms`),
            )
          })
        : undefined
      const waiter: Waiter = {
        until,
        settle: (error) => {
          cancel?.()
          this.#waiters.delete(waiter)
          if (error === undefined) resolve()
          else reject(error)
        },
      }
      this.#waiters.add(waiter)
    })
  }
}

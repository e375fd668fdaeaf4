/**
 * The workers of a load balancer: which are listed, which are connected, and their updates to the
 * pool.
 */
import {
  type Address,
  addressText,
  type Clock,
  type Logger,
  parseAddress,
  Reminder,
} from '@resumelb/common'
import type { Identity, Load, WorkerState } from '@resumelb/protocol'
import type { LoadBalancerEvents } from '../events.ts'
import type { Pool, WorkerUpdate } from '../pool/pool.ts'
import { type LinkListener, WorkerLink } from './worker-link.ts'

/** Milliseconds without a worker before the first report, so that workers can connect at start. */
export const absencePatience = 1_000

/**
 * What happens to workers that are no longer listed: `retire` lets them finish their requests;
 * `release` lets them serve until their connection ends, for lists that may be wrong.
 */
export type Missing = 'retire' | 'release'

/** The state of one worker. */
export interface WorkerSnapshot {
  readonly address: string
  /**
   * `connecting`: not connected yet. `waiting`: the last attempt has failed, and the next one is
   * scheduled. Otherwise the state that the connected worker reports; a worker that is no longer
   * listed is `draining`.
   */
  readonly state: 'connecting' | 'waiting' | WorkerState
  /** Whether it accepts a request now. */
  readonly isReady: boolean
  /** Requests of this load balancer in progress there. */
  readonly backlog: number
  /** Bytes that wait to be sent to it. */
  readonly unsentLength: number
  /** The version of the application; empty if it has none, absent until it was first connected. */
  readonly version: string | undefined
  /** The last reported load; absent until it was first connected. */
  readonly load: Load | undefined
}

export interface WorkerSetOptions {
  /** Gets all updates of the workers. */
  readonly pool: Pool<WorkerLink>
  readonly identity: Identity
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
  /** Maximum milliseconds to connect to a worker. */
  readonly connectTimeout: number
  /** Called when a worker that may accept requests was added or has changed. */
  readonly onAvailable: () => void
  /** Emits when workers connect and disconnect, and if there is none. */
  readonly events: LoadBalancerEvents
  /** Requests that wait for a worker. */
  readonly waiting: () => number
}

export class WorkerSet implements LinkListener {
  readonly #options: WorkerSetOptions
  readonly #links: Map<string, WorkerLink> = new Map()
  /** When the last worker was lost, or the start. */
  readonly #absence: Reminder
  /** The connected ones. */
  readonly #up: Set<WorkerLink> = new Set()
  #isClosed = false

  constructor(options: WorkerSetOptions) {
    this.#options = options
    const { clock, events, waiting } = options
    this.#absence = new Reminder(clock, absencePatience, (since) =>
      events.emit('noWorker', { workers: this.size, waiting: waiting(), since }),
    )
    this.#absence.begin()
  }

  /** The workers, including those that are leaving. */
  get size(): number {
    return this.#links.size
  }

  /** Whether any worker accepts a request now. */
  get hasReady(): boolean {
    for (const link of this.#links.values()) if (link.isReady) return true
    return false
  }

  /** The state of each worker, including those that are leaving. */
  snapshots(): WorkerSnapshot[] {
    return [...this.#links.values()].map(snapshotOf)
  }

  /**
   * Replaces the list: connects to new workers, and keeps the connections of those that are listed
   * again in time. Throws an OptionError, and changes nothing, if an address is invalid.
   */
  set(addresses: Iterable<string | Address>, missing: Missing): void {
    const wanted = new Set([...addresses].map((address) => addressText(address, 'a worker')))
    for (const [key, link] of this.#links) {
      if (wanted.has(key)) link.recall()
      else link[missing]()
    }
    for (const key of wanted) {
      if (!this.#links.has(key)) this.#links.set(key, this.#connect(key))
    }
  }

  /** Closes all connections; requests in progress are lost. */
  close(): void {
    this.#isClosed = true
    this.#absence.end()
    for (const link of [...this.#links.values()]) link.close()
  }

  /** Part of {@link LinkListener}. */
  onUpdate(link: WorkerLink, news: WorkerUpdate): void {
    this.#options.pool.update(link, news, this.#seconds)
    this.#absence.end()
    if (news.traits === undefined) return
    if (!this.#up.has(link)) this.#rise(link, news.traits.version, news.resume?.size ?? 0)
    this.#options.onAvailable()
  }

  /** Part of {@link LinkListener}. */
  onDraining({ key: worker }: WorkerLink): void {
    this.#options.events.emit('workerDraining', { worker })
  }

  /** Part of {@link LinkListener}. */
  onLost(link: WorkerLink): void {
    this.#options.pool.remove(link, this.#seconds)
    this.#sink(link)
  }

  /** Part of {@link LinkListener}. */
  onClosed(link: WorkerLink): void {
    this.#options.pool.remove(link, this.#seconds)
    this.#links.delete(link.key)
    this.#sink(link)
  }

  #rise(link: WorkerLink, version: string, classes: number): void {
    this.#up.add(link)
    this.#options.events.emit('workerUp', { worker: link.key, version, classes })
  }

  #sink(link: WorkerLink): void {
    if (!this.#isClosed && this.#options.pool.size === 0) this.#absence.begin()
    if (this.#up.delete(link)) this.#options.events.emit('workerDown', { worker: link.key })
  }

  /** The time in the unit of pools. */
  get #seconds(): number {
    return this.#options.clock.now() / 1000
  }

  #connect(key: string): WorkerLink {
    return new WorkerLink(key, parseAddress(key), { ...this.#options, listener: this })
  }
}

function snapshotOf(link: WorkerLink): WorkerSnapshot {
  const { key, state, traits, isReady, openStreams, unsentLength, worker, load } = link
  return {
    address: key,
    state: traits?.state ?? (state === 'waiting' ? 'waiting' : 'connecting'),
    isReady,
    backlog: openStreams,
    unsentLength,
    version: worker?.version,
    load,
  }
}

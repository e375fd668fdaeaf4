/** The workers of a load balancer: who is wanted, who is connected, and what the pool knows of them. */
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

/** Milliseconds without a worker before the first report: workers may just be connecting. */
export const absencePatience = 1_000

/**
 * What becomes of workers that are no longer on the list: `retire` lets them finish what they have;
 * `release` lets them go on until their connection breaks, for lists that may be mistaken.
 */
export type Missing = 'retire' | 'release'

/** What is known of a worker at one moment. */
export interface WorkerSnapshot {
  readonly address: string
  /**
   * `connecting`: there is no connection yet. `waiting`: the last try has failed, and the next will
   * come by itself. Otherwise what the connected worker says of itself; one that is no longer on the
   * list is `draining`.
   */
  readonly state: 'connecting' | 'waiting' | WorkerState
  /** Whether it takes a request at this moment. */
  readonly isReady: boolean
  /** Requests in progress there that this load balancer has sent. */
  readonly backlog: number
  /** Bytes that wait to be sent to it. */
  readonly unsentLength: number
  /** The version of the application; empty if it has none, absent until it was first reached. */
  readonly version: string | undefined
  /** How busy it was when it last said so; absent until it was first reached. */
  readonly load: Load | undefined
}

export interface WorkerSetOptions {
  /** What is told of workers that come, change and go. */
  readonly pool: Pool<WorkerLink>
  readonly identity: Identity
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
  /** Milliseconds that connecting to a worker may take. */
  readonly connectTimeout: number
  /** Called when a worker has come or changed, which may take requests now. */
  readonly onAvailable: () => void
  /** Told of workers that come and go, and if there is none. */
  readonly events: LoadBalancerEvents
  /** Requests that wait for a worker. */
  readonly waiting: () => number
}

export class WorkerSet implements LinkListener {
  readonly #options: WorkerSetOptions
  readonly #links: Map<string, WorkerLink> = new Map()
  /** That nobody is connected, as at first. */
  readonly #absence: Reminder
  /** Those that are connected. */
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

  /** Workers, those included that are leaving. */
  get size(): number {
    return this.#links.size
  }

  /** Whether there is any worker that takes a request at this moment. */
  get hasReady(): boolean {
    for (const link of this.#links.values()) if (link.isReady) return true
    return false
  }

  /** What is known of each, those included that are leaving. */
  snapshots(): WorkerSnapshot[] {
    return [...this.#links.values()].map(snapshotOf)
  }

  /**
   * Replaces the list: connects to new workers, and goes on with those that come back before they are
   * gone. Throws an OptionError, and changes nothing, if an address is not one.
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

  /** Leaves all of them; what they have in progress is lost. */
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

  /** The time as pools count it. */
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

/**
 * The workers of a load balancer: which are listed, which are connected, and their updates to the
 * pool.
 */
import type { HandOver } from '@resumelb/protocol'
import type { LoadBalancerEvents } from '../events.ts'
import type { Pool, WorkerUpdate } from '../pool/pool.ts'
import { httpOriginOf } from './address.ts'
import { HandOvers } from './hand-over/hand-overs.ts'
import { HeldWorkers } from './held-workers.ts'
import type { LinkContext } from './link-context.ts'
import { heldTraits, type ServiceStage } from './link-traits.ts'
import { Presence } from './presence.ts'
import type { RunTimeChanges } from './run-time-changes.ts'
import { HttpWorker, type HttpWorkerContext } from './upstream/http-worker.ts'
import type { MeasuredResumes, MeasuredServer } from './upstream/measured-resume.ts'
import type { Worker, WorkerListener, WorkerSnapshot } from './worker.ts'
import { WorkerChanges } from './worker-changes.ts'
import { WorkerLink } from './worker-link.ts'
import { type GivenWorker, parseWorker, type WorkerSpec, workerText } from './worker-spec.ts'

/**
 * What happens to workers that are no longer listed: `retire` lets them finish their requests;
 * `release` lets them serve until their connection ends, for lists that may be wrong.
 */
export type Missing = 'retire' | 'release'

export interface WorkerSetOptions extends Omit<LinkContext & HttpWorkerContext, 'listener'> {
  /** Gets all updates of the workers. */
  readonly pool: Pool<Worker>
  /** Called when a worker that may accept requests was added or has changed. */
  readonly onAvailable: () => void
  /** Emits when workers connect and disconnect, and if there is none. */
  readonly events: LoadBalancerEvents
  /** Requests that wait for a worker. */
  readonly waiting: () => number
}

export class WorkerSet implements WorkerListener {
  readonly #options: WorkerSetOptions
  readonly #workers: Map<string, Worker> = new Map()
  readonly #presence: Presence
  /** Those that {@link drain} was called for. */
  readonly #held: HeldWorkers
  readonly #changes: WorkerChanges = new WorkerChanges()
  readonly #handOvers: HandOvers
  /** Ends watching the files of the certificates. */
  readonly #stopWatching: (() => void) | undefined
  #isClosed = false
  #closing: Promise<unknown> | undefined

  constructor(options: WorkerSetOptions) {
    this.#options = options
    const { pool, clock, events, waiting, tls, log } = options
    this.#handOvers = new HandOvers({
      ...{ clock, log },
      summaries: () => pool.summaries?.(this.#seconds),
      choose: (requestClass, avoid) =>
        pool.explain?.({ requestClass }, this.#seconds, avoid)?.chosen,
    })
    events.on('versionChanged', ({ before }) => this.#releaseVersion(before))
    this.#stopWatching = tls?.certificates.watch()
    this.#held = new HeldWorkers(clock)
    this.#presence = new Presence({ clock, events, listed: () => this.size, waiting })
  }

  /** The workers, including those that are leaving. */
  get size(): number {
    return this.#workers.size
  }

  /** Whether any worker accepts a request now. */
  get hasReady(): boolean {
    for (const worker of this.#workers.values()) {
      if (worker.isReady && !this.#held.has(worker)) return true
    }
    return false
  }

  /** What was measured of plain HTTP servers, by address. */
  get measuredResumes(): MeasuredResumes {
    const resumes = new Map<string, MeasuredServer>()
    for (const [key, worker] of this.#workers) {
      if (worker instanceof HttpWorker) resumes.set(key, worker.measured)
    }
    return resumes
  }

  /** The workers that accept requests now. */
  get accepting(): Worker[] {
    return [...this.#workers.values()].filter((each) => each.isReady && !this.#held.has(each))
  }

  /** The state of each worker, including those that are leaving. */
  snapshots(): WorkerSnapshot[] {
    return [...this.#workers.values()].map((worker): WorkerSnapshot => {
      const snapshot = { ...worker.snapshot(), handingOver: this.#handOvers.waitingOf(worker) }
      if (!this.#held.has(worker)) return { ...snapshot, isHeld: false }
      const isDrained = worker.traits !== undefined && this.#isDrained(worker)
      const state = isDrained ? 'draining' : snapshot.state
      return { ...snapshot, state, isReady: false, isHeld: true }
    })
  }

  /**
   * Replaces the list: connects to new workers, and keeps the connections of those that are listed
   * again in time. Throws an OptionError, and changes nothing, if an address is invalid.
   */
  set(workers: Iterable<GivenWorker>, missing: Missing): void {
    const wanted = new Map<string, WorkerSpec>()
    for (const worker of workers) {
      const spec = parseWorker(worker, 'a worker')
      wanted.set(spec.address, spec)
    }
    const changed = this.#changes.list(wanted)
    for (const [key, worker] of this.#workers) {
      if (changed.has(key)) continue
      worker[this.#changes.removed.has(key) ? 'retire' : missing]()
    }
    for (const spec of changed.values()) this.#use(spec)
    this.#presence.listKnown()
  }

  /** Adds a worker to this list and all others. Throws an OptionError if it is invalid. */
  add(given: GivenWorker): void {
    const spec = parseWorker(given, 'a worker')
    this.#changes.add(spec)
    this.#use(spec)
    this.#presence.listKnown()
  }

  /**
   * Removes a worker from this list and all others, until it is added; it finishes its requests.
   * False if there is no such worker.
   */
  remove(key: string): boolean {
    if (!this.#changes.remove(key)) return false
    this.#workers.get(key)?.retire()
    return true
  }

  /** What {@link add}, {@link remove} and {@link drain} have changed. */
  get changes(): RunTimeChanges {
    return {
      added: [...this.#changes.added].map(workerText),
      removed: [...this.#changes.removed],
      drained: this.#held.addresses,
    }
  }

  /** Changes it in the same way; workers that are not listed yet are drained when they are. */
  restore({ added, removed, drained }: RunTimeChanges): void {
    const specs = added.map((text) => parseWorker(text, 'a worker'))
    this.#changes.restoreRemoved(removed)
    for (const key of removed) this.#workers.get(key)?.retire()
    for (const key of drained) if (!this.drain(key)) this.#held.holdLater(key)
    for (const spec of specs) this.add(spec)
  }

  /**
   * Gives a worker no new requests until {@link ready}, or until it is no longer listed. After
   * `deadline` milliseconds its connection is broken, and with it what is still in progress;
   * `undefined`: never. False if there is no such worker.
   */
  drain(key: string, deadline?: number): boolean {
    const worker = this.#workers.get(key)
    if (worker === undefined) return false
    this.#held.hold(worker, deadline)
    this.#handOvers.release(worker, true, () => this.#updateTraits(worker))
    this.#updateTraits(worker)
    return true
  }

  /** Ends what {@link drain} has begun. False if there is no such worker. */
  ready(key: string): boolean {
    const wasHeld = this.#held.forget(key)
    const worker = this.#workers.get(key)
    if (worker === undefined) return wasHeld
    this.#held.release(worker)
    this.#handOvers.end(worker)
    this.#updateTraits(worker)
    return true
  }

  /**
   * Closes all connections; requests in progress are lost. Resolves when the workers have saved
   * what they keep.
   */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#presence.endAbsence()
    this.#stopWatching?.()
    this.#closing ??= Promise.all([...this.#workers.values()].map((worker) => worker.close()))
    await this.#closing
  }

  /** Part of {@link WorkerListener}. */
  onUpdate(worker: Worker, news: WorkerUpdate, moreSkills = 0): void {
    const { traits } = news
    const isDrained = traits !== undefined && this.#isDrained(worker)
    const shown = isDrained ? { ...news, traits: heldTraits(traits, this.#options.identity) } : news
    this.#options.pool.update(worker, this.#withKeeps(worker, shown), this.#seconds)
    this.#handOvers.onUpdate(worker, shown)
    this.#presence.endAbsence()
    if (traits === undefined) return
    const classes = (news.resume?.size ?? 0) + moreSkills
    if (!this.#presence.has(worker)) this.#presence.rise(worker, traits.version, classes)
    this.#options.onAvailable()
  }

  #withKeeps(worker: Worker, news: WorkerUpdate): WorkerUpdate {
    if (news.traits === undefined) return news
    return { ...news, traits: this.#handOvers.traitsOf(worker, news.traits) }
  }

  /** Part of {@link WorkerListener}. */
  onHandOver(worker: Worker, message: HandOver): void {
    const isOver = message.step === 'leaving' && this.#isDrained(worker)
    if (isOver) return void worker.handOver({ step: 'done' })
    if (message.step === 'planned') return this.onUpdate(worker, { planned: message.home })
    const isOther = this.#handOvers.receive(worker, message, this.#workers.values())
    if (isOther) this.#updateTraits(worker)
  }

  /** Whether the worker is held, and keeps no classes that are about to move. */
  #isDrained(worker: Worker): boolean {
    return this.#held.has(worker) && !this.#handOvers.has(worker)
  }

  /** The workers of that version are replaced: others get warm for their classes. */
  #releaseVersion(version: string | undefined): void {
    if (version === undefined) return
    for (const worker of this.#workers.values()) {
      if (worker.traits?.version !== version || this.#held.has(worker)) continue
      this.#handOvers.release(worker, false, () => this.#updateTraits(worker))
    }
  }

  /** Part of {@link WorkerListener}. */
  onStage(worker: Worker, stage: ServiceStage): void {
    if (stage !== 'serving') this.#handOvers.end(worker)
    this.#presence.enter(worker, stage)
  }

  /** Part of {@link WorkerListener}. */
  onUnresponsive(worker: Worker, isUnresponsive: boolean): void {
    this.#updateTraits(worker)
    if (isUnresponsive) this.#presence.silent(worker)
    else this.#presence.answers(worker)
  }

  /** Part of {@link WorkerListener}. */
  onLost(worker: Worker, reason: string): void {
    this.#handOvers.lose(worker)
    this.#options.pool.remove(worker, this.#seconds)
    this.#sink(worker, reason)
  }

  /** Part of {@link WorkerListener}. */
  onClosed(worker: Worker, reason: string): void {
    this.#handOvers.lose(worker)
    this.#options.pool.remove(worker, this.#seconds)
    this.#workers.delete(worker.key)
    this.#held.release(worker)
    this.#sink(worker, reason)
  }

  #updateTraits(worker: Worker): void {
    const { traits } = worker
    if (traits !== undefined) this.onUpdate(worker, { traits })
  }

  #sink(worker: Worker, reason: string): void {
    const isLast = !this.#isClosed && this.#options.pool.size === 0
    this.#presence.sink(worker, reason, isLast)
  }

  /** The time in the unit of pools. */
  get #seconds(): number {
    return this.#options.clock.now() / 1000
  }

  #use(spec: WorkerSpec): void {
    const { address, share } = spec
    const known = this.#workers.get(address)
    if (known !== undefined) return known.recall(share)
    const worker = this.#connect(spec)
    this.#workers.set(address, worker)
    this.#held.listed(worker)
  }

  #connect(spec: WorkerSpec): Worker {
    const context = { ...this.#options, listener: this }
    const { address, serverName } = spec
    const origin = httpOriginOf(address)
    if (origin !== undefined) {
      return new HttpWorker(spec, { ...origin, ...(serverName && { serverName }) }, context)
    }
    return new WorkerLink(spec, context)
  }
}

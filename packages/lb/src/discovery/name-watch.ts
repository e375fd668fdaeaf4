/** Looks up a name again and again, and knows the workers that it stands for. */
import type { Clock, Logger } from '@resumelb/common'
import type { WorkerSpec } from '../workers/worker-spec.ts'
import { differenceOf } from './difference.ts'
import type { FoundWorkers, NameLookup } from './name-lookup.ts'
import type { WorkerName } from './worker-name.ts'

export interface NameWatchContext {
  readonly lookup: NameLookup
  readonly clock: Clock
  readonly log: Logger
  /** Milliseconds between two lookups; `undefined`: as the TTL says, within limits. */
  readonly interval: number | undefined
  /** Milliseconds for which workers are kept when an answer is empty. */
  readonly hold: number
  /** Called when the workers have changed. */
  readonly onChange: () => void
}

/** Limits of a TTL, in milliseconds. */
const minInterval = 1_000
const maxInterval = 30_000

/** Milliseconds until the next lookup when one has failed, has found nothing, or has no TTL. */
const retryInterval = 5_000

/** `failing`: the servers cannot be asked; `empty`: they say that there is nothing. */
type State = 'unknown' | 'found' | 'failing' | 'empty'

export class NameWatch {
  readonly #name: WorkerName
  readonly #context: NameWatchContext
  #workers: readonly WorkerSpec[] = []
  #state: State = 'unknown'
  #isStopped = false
  #cancelNext: () => void = () => undefined
  #cancelHold: (() => void) | undefined

  constructor(name: WorkerName, context: NameWatchContext) {
    this.#name = name
    this.#context = context
  }

  get workers(): readonly WorkerSpec[] {
    return this.#workers
  }

  /**
   * Looks the name up, and goes on doing so. Resolves after the first lookup, whatever came of it.
   */
  async start(): Promise<void> {
    const { lookup, clock } = this.#context
    let found: FoundWorkers | undefined
    try {
      found = await lookup.find(this.#name)
    } catch (error) {
      if (!this.#isStopped) this.#onFailure(error as Error)
    }
    if (this.#isStopped) return
    if (found !== undefined) this.#onFound(found)
    this.#cancelNext = clock.after(this.#intervalAfter(found), () => void this.start())
  }

  stop(): void {
    this.#isStopped = true
    this.#cancelNext()
    this.#endHold()
  }

  #intervalAfter(found: FoundWorkers | undefined): number {
    const { interval } = this.#context
    if (interval !== undefined) return interval
    const { ttl, workers = [] } = found ?? {}
    if (workers.length === 0 || ttl === undefined) return retryInterval
    return Math.min(maxInterval, Math.max(minInterval, ttl * 1000))
  }

  /** What was known stays known, for as long as it takes. */
  #onFailure({ message: reason }: Error): void {
    this.#endHold()
    if (!this.#enters('failing')) return
    const facts = { name: this.#name.text, known: this.#workers.length, reason }
    this.#context.log.warn(facts, 'cannot look up the name: its known workers stay')
  }

  #onFound({ workers }: FoundWorkers): void {
    if (workers.length === 0) return this.#onEmpty()
    this.#endHold()
    const wasTroubled = this.#state === 'failing' || this.#state === 'empty'
    this.#enters('found')
    if (wasTroubled || !isSame(workers, this.#workers)) this.#replace(workers)
  }

  /** A name is without addresses for a moment when all its servers restart. */
  #onEmpty(): void {
    const { clock, log, hold } = this.#context
    const { text: name } = this.#name
    const known = this.#workers.length
    if (this.#enters('empty')) {
      const facts = { name, known, holdSeconds: hold / 1000 }
      log.warn(facts, 'the name has no addresses: its known workers stay for now')
    }
    if (known === 0 || this.#cancelHold !== undefined) return
    this.#cancelHold = clock.after(hold, () => this.#replace([]))
  }

  #replace(workers: readonly WorkerSpec[]): void {
    this.#endHold()
    const difference = differenceOf(addressesOf(this.#workers), addressesOf(workers))
    this.#workers = workers
    this.#context.onChange()
    const facts = { name: this.#name.text, count: workers.length, ...difference }
    const { log } = this.#context
    if (workers.length > 0) log.info(facts, 'workers of the name')
    else log.warn(facts, 'the name has no addresses: it has no workers any more')
  }

  /** False if it is in that state already. */
  #enters(state: State): boolean {
    if (this.#state === state) return false
    this.#state = state
    return true
  }

  #endHold(): void {
    this.#cancelHold?.()
    this.#cancelHold = undefined
  }
}

function addressesOf(workers: readonly WorkerSpec[]): ReadonlySet<string> {
  return new Set(workers.map(({ address }) => address))
}

function isSame(some: readonly WorkerSpec[], others: readonly WorkerSpec[]): boolean {
  return JSON.stringify(some) === JSON.stringify(others)
}

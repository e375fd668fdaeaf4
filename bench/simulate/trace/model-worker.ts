/** Simulated servers of language models, and of classes. Times are in seconds. */
import type { EventQueue } from '../event-queue.ts'
import { BlockCache } from './block-cache.ts'
import { blockTokens, type TraceRow } from './trace.ts'

/** What became of a request. */
export interface Served {
  /** Leading blocks, or 1 for the class, that were in the cache, of so many. */
  readonly hit: number
  readonly of: number
  readonly seconds: number
  readonly firstSeconds: number
}

/** A request at a worker. */
export interface Visit {
  readonly row: TraceRow
  started(): void
  /** The first token has come. */
  first(): void
  done(served: Served): void
}

export interface ModelWorkerSettings {
  readonly tokensPerSecond: number
  /** Blocks that the cache holds, or classes. */
  readonly capacity: number
  readonly slots: number
  readonly speed: number
}

export type WorkerKind = 'prefill' | 'engine' | 'slots'

/** A simulated worker, as the rivals that are told all about it see it. */
export interface ModelWorker {
  readonly concurrency: number
  /** Seconds for which it has worked. */
  readonly busy: number
  /** Requests waiting and running, and those that wait. */
  readonly backlog: number
  readonly waiting: number
  /** The part of the cache that running requests hold, from 0 to 1. */
  readonly cacheUse: number
  /** Leading blocks of the request that are in the cache. */
  overlap(row: TraceRow): number
  /** What the request would take if it began now. */
  seconds(row: TraceRow): number
  /** Until a request that comes now would begin. */
  wait(): number
  receive(visit: Visit): void
}

export function createWorker(
  kind: WorkerKind,
  events: EventQueue,
  settings: ModelWorkerSettings,
): ModelWorker {
  if (kind === 'engine') return new EngineWorker(events, settings)
  return new SlotWorker(events, kind === 'prefill' ? { ...settings, slots: 1 } : settings)
}

const blocksOf = (row: TraceRow): readonly (number | string)[] => row.blocks ?? [row.class]

/** What a prefill takes besides its tokens. */
const prefillOverhead = 0.02

/** Slots that each serve one request, in order: prefill instances have one. */
class SlotWorker implements ModelWorker {
  readonly concurrency: number
  busy = 0
  readonly #events: EventQueue
  readonly #settings: ModelWorkerSettings
  readonly #cache: BlockCache<number | string>
  readonly #queue: Visit[] = []
  readonly #ends = new Set<{ readonly at: number; readonly blocks: number }>()

  constructor(events: EventQueue, settings: ModelWorkerSettings) {
    this.#events = events
    this.#settings = settings
    this.concurrency = settings.slots
    this.#cache = new BlockCache(settings.capacity)
  }

  get backlog(): number {
    return this.#queue.length + this.#ends.size
  }

  get waiting(): number {
    return this.#queue.length
  }

  get cacheUse(): number {
    let held = 0
    for (const { blocks } of this.#ends) held += blocks
    return Math.min(1, held / this.#settings.capacity)
  }

  overlap(row: TraceRow): number {
    return this.#cache.match(blocksOf(row))
  }

  seconds(row: TraceRow): number {
    const { speed, tokensPerSecond } = this.#settings
    const hit = this.overlap(row)
    if (row.blocks === undefined) return ((hit > 0 ? row.warm : row.cold) ?? 0.01) / speed
    const uncached = Math.max(0, (row.in ?? 0) - hit * blockTokens)
    return (prefillOverhead + uncached / tokensPerSecond) / speed
  }

  wait(): number {
    if (this.#ends.size < this.concurrency) return 0
    let seconds = 0
    for (const { at } of this.#ends) seconds += at - this.#events.now
    for (const { row } of this.#queue) seconds += this.seconds(row)
    return seconds / this.concurrency
  }

  receive(visit: Visit): void {
    this.#queue.push(visit)
    this.#begin()
  }

  #begin(): void {
    if (this.#ends.size >= this.concurrency) return
    const visit = this.#queue.shift()
    if (visit === undefined) return
    const { row } = visit
    const blocks = blocksOf(row)
    const hit = this.overlap(row)
    const seconds = this.seconds(row)
    const end = { at: this.#events.now + seconds, blocks: blocks.length }
    this.#cache.put(blocks.slice(0, hit))
    this.#ends.add(end)
    this.busy += seconds / this.concurrency
    visit.started()
    this.#events.at(end.at, () => {
      this.#cache.put(blocks)
      this.#ends.delete(end)
      visit.first()
      visit.done({ hit, of: blocks.length, seconds, firstSeconds: seconds })
      this.#begin()
    })
    this.#begin()
  }
}

/** Tokens that an engine prefills in one step, and at least. */
const stepBudget = { most: 2048, least: 256 } as const

/** Requests that an engine decodes at the same time. */
const maxSequences = 64

/** What a step takes: at all, for each sequence that decodes, for each token in the cache. */
const stepSeconds = { fixed: 0.012, perDecode: 0.0001, perToken: 1.5e-8 } as const

interface Sequence {
  readonly visit: Visit
  readonly hit: number
  readonly startAt: number
  /** Tokens that are still to be prefilled. */
  left: number
  out: number
  firstAt: number
}

/** Prefills in chunks and decodes in batches, one step after the other, as vLLM and SGLang do. */
class EngineWorker implements ModelWorker {
  readonly concurrency: number = maxSequences
  busy = 0
  readonly #events: EventQueue
  readonly #settings: ModelWorkerSettings
  readonly #cache: BlockCache
  readonly #queue: Visit[] = []
  #sequences: Sequence[] = []
  /** Blocks and tokens of the running sequences. */
  #held = 0
  #tokens = 0
  #isStepping = false

  constructor(events: EventQueue, settings: ModelWorkerSettings) {
    this.#events = events
    this.#settings = settings
    this.#cache = new BlockCache(settings.capacity)
  }

  get backlog(): number {
    return this.#queue.length + this.#sequences.length
  }

  get waiting(): number {
    return this.#queue.length
  }

  get cacheUse(): number {
    return Math.min(1, this.#held / this.#settings.capacity)
  }

  overlap(row: TraceRow): number {
    return this.#cache.match(row.blocks ?? [])
  }

  seconds(row: TraceRow): number {
    return this.#uncached(row) / (this.#settings.tokensPerSecond * this.#settings.speed)
  }

  wait(): number {
    let tokens = 0
    for (const { left } of this.#sequences) tokens += left
    for (const { row } of this.#queue) tokens += this.#uncached(row)
    return tokens / (this.#settings.tokensPerSecond * this.#settings.speed)
  }

  receive(visit: Visit): void {
    this.#queue.push(visit)
    if (!this.#isStepping) this.#step()
  }

  #uncached(row: TraceRow): number {
    return Math.max(0, (row.in ?? 0) - this.overlap(row) * blockTokens)
  }

  #admit(): void {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const { row } = next
      const isFull = this.#held + blocksFor(row) > this.#settings.capacity
      const count = this.#sequences.length
      if (count >= maxSequences || (count > 0 && isFull)) return
      this.#queue.shift()
      const hit = this.overlap(row)
      const left = Math.max(1, this.#uncached(row))
      this.#cache.put((row.blocks ?? []).slice(0, hit))
      this.#held += blocksFor(row)
      this.#tokens += row.in ?? 0
      const startAt = this.#events.now
      this.#sequences.push({ visit: next, hit, left, out: 0, startAt, firstAt: 0 })
      next.started()
    }
  }

  #step(): void {
    this.#admit()
    this.#isStepping = this.#sequences.length > 0
    if (!this.#isStepping) return
    const { tokensPerSecond, speed } = this.#settings
    const decoding = this.#sequences.filter(({ left }) => left === 0)
    let room = Math.max(stepBudget.least, stepBudget.most - decoding.length)
    const fed = new Map<Sequence, number>()
    for (const sequence of this.#sequences) {
      const tokens = Math.min(sequence.left, room)
      if (tokens > 0) fed.set(sequence, tokens)
      room -= tokens
    }
    const { fixed, perDecode, perToken } = stepSeconds
    const prefilled = [...fed.values()].reduce((sum, tokens) => sum + tokens, 0)
    const decode = fixed + perDecode * decoding.length + perToken * this.#tokens
    const seconds = (decode + prefilled / tokensPerSecond) / speed
    this.busy += seconds
    this.#events.after(seconds, () => {
      for (const sequence of decoding) sequence.out++
      for (const [sequence, tokens] of fed) this.#feed(sequence, tokens)
      this.#sequences = this.#sequences.filter((sequence) => !this.#finish(sequence))
      this.#step()
    })
  }

  #feed(sequence: Sequence, tokens: number): void {
    sequence.left -= tokens
    if (sequence.left > 0) return
    sequence.out = 1
    sequence.firstAt = this.#events.now
    this.#cache.put(sequence.visit.row.blocks ?? [])
    sequence.visit.first()
  }

  #finish({ visit, hit, left, out, startAt, firstAt }: Sequence): boolean {
    const { row } = visit
    if (left > 0 || out < (row.out ?? 1)) return false
    this.#held -= blocksFor(row)
    this.#tokens -= row.in ?? 0
    const seconds = this.#events.now - startAt
    visit.done({ hit, of: row.blocks?.length ?? 1, seconds, firstSeconds: firstAt - startAt })
    return true
  }
}

function blocksFor(row: TraceRow): number {
  return Math.ceil(((row.in ?? 0) + (row.out ?? 0)) / blockTokens)
}

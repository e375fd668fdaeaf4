/** Sends the requests of a trace through load balancers to simulated workers. */
import { EventQueue } from '../event-queue.ts'
import { Random } from '../random.ts'
import { createWorker, type Served, type WorkerKind } from './model-worker.ts'
import { Reporter } from './reporter.ts'
import type { Router, TracePolicy } from './router.ts'
import { blockTokens, type TraceRow } from './trace.ts'

export interface ReplaySettings {
  readonly kind: WorkerKind
  readonly workers: number
  readonly balancers: number
  /** Relative speeds of the workers, in turn. */
  readonly speeds: readonly number[]
  /**
   * What the workers need if each block is computed once in all, in parts of what they have; 0 for
   * the times of the trace. Stretches or shrinks the time.
   */
  readonly load: number
  readonly tokensPerSecond: number
  /** Blocks that the cache of a worker holds, or classes. */
  readonly capacity: number
  readonly slots: number
  readonly seed: number
}

/** Times are in seconds. */
export interface Replayed {
  readonly policy: string
  readonly requests: number
  /** Requests that were not answered at the end. They count with the time they have waited. */
  readonly unfinished: number
  /** The part of the blocks, or requests, that were in a cache. */
  readonly hits: number
  /** To the first token, and to the last one. */
  readonly first: readonly number[]
  readonly last: readonly number[]
}

/** The part of the trace that is not measured: caches are filled. */
const warmUp = 0.25

/** Seconds of a step of an engine that a decoded token takes, about: only to compute the load. */
const decodeSeconds = 0.0012

export function replay(
  rows: readonly TraceRow[],
  policy: TracePolicy,
  settings: ReplaySettings,
): Replayed {
  return new Replay(rows, policy, settings).run()
}

class Replay {
  readonly #rows: readonly TraceRow[]
  readonly #policy: TracePolicy
  readonly #settings: ReplaySettings
  readonly #events = new EventQueue()
  readonly #random: Random
  readonly #routers: Router[] = []
  readonly #workers: ReturnType<typeof createWorker>[] = []
  readonly #reporters: Reporter[] = []
  /** The next request of the same session. */
  readonly #following = new Map<TraceRow, TraceRow>()
  readonly #pending = new Map<TraceRow, number>()
  readonly #first: number[] = []
  readonly #last: number[] = []
  #hit = 0
  #of = 0
  #measuredFrom = 0

  constructor(rows: readonly TraceRow[], policy: TracePolicy, settings: ReplaySettings) {
    this.#rows = rows
    this.#policy = policy
    this.#settings = settings
    this.#random = new Random(`${settings.seed}`)
  }

  run(): Replayed {
    this.#setUp()
    const opening = this.#rows.filter((row) => !isFollowing(row))
    const span = opening.at(-1)?.t ?? 0
    const scale = this.#scale(span)
    this.#measuredFrom = warmUp * span * scale
    for (const row of opening) this.#events.at(row.t * scale, () => this.#send(row))
    this.#events.runUntil(span * scale)
    for (const sentAt of this.#pending.values()) this.#last.push(this.#events.now - sentAt)
    return {
      policy: this.#policy.name,
      requests: this.#last.length,
      unfinished: this.#pending.size,
      hits: this.#hit / this.#of,
      first: this.#settings.kind === 'engine' ? this.#first : this.#last,
      last: this.#last,
    }
  }

  #setUp(): void {
    const { kind, workers, balancers, speeds } = this.#settings
    for (let i = 0; i < workers; i++) {
      const speed = speeds[i % speeds.length] ?? 1
      const worker = createWorker(kind, this.#events, { ...this.#settings, speed })
      this.#workers.push(worker)
      this.#reporters.push(new Reporter(this.#events, worker.concurrency))
    }
    for (let balancer = 0; balancer < balancers; balancer++) {
      this.#routers.push(
        this.#policy.create({
          workers: this.#workers,
          reporters: this.#reporters,
          balancer,
          events: this.#events,
          random: this.#random.split(`balancer ${balancer}`),
        }),
      )
    }
    const last = new Map<string, TraceRow>()
    for (const row of this.#rows) {
      if (row.think === undefined || row.session === undefined) continue
      const before = last.get(row.session)
      if (before !== undefined && isFollowing(row)) this.#following.set(before, row)
      last.set(row.session, row)
    }
  }

  /** By what the times of the trace are multiplied. */
  #scale(span: number): number {
    const { load, workers } = this.#settings
    if (load === 0 || span === 0) return 1
    const seen = new Set<number>()
    let seconds = 0
    for (const row of this.#rows) seconds += this.#idealSeconds(row, seen)
    return seconds / (workers * span * load)
  }

  #idealSeconds(
    { blocks = [], in: tokens = 0, out = 0, warm }: TraceRow,
    seen: Set<number>,
  ): number {
    const { kind, slots, tokensPerSecond } = this.#settings
    if (warm !== undefined) return warm / slots
    let hit = 0
    while (hit < blocks.length && seen.has(blocks[hit] as number)) hit++
    for (const block of blocks) seen.add(block)
    const prefill = 0.02 + Math.max(0, tokens - hit * blockTokens) / tokensPerSecond
    return kind === 'engine' ? prefill + out * decodeSeconds : prefill
  }

  #send(row: TraceRow): void {
    const sentAt = this.#events.now
    const router = this.#routers[this.#random.integer(this.#routers.length)] as Router
    const routed = router.route(row)
    const isMeasured = sentAt >= this.#measuredFrom
    if (isMeasured) this.#pending.set(row, sentAt)
    this.#workers[routed.worker]?.receive({
      row,
      started: () => routed.started?.(),
      first: () => {
        routed.first?.()
        if (isMeasured) this.#first.push(this.#events.now - sentAt)
      },
      done: (served) => {
        routed.done?.(served)
        if (isMeasured) this.#measure(row, sentAt, served)
        const next = this.#following.get(row)
        if (next !== undefined) this.#events.after(next.think ?? 0, () => this.#send(next))
      },
    })
  }

  #measure(row: TraceRow, sentAt: number, { hit, of }: Served): void {
    this.#pending.delete(row)
    this.#last.push(this.#events.now - sentAt)
    this.#hit += hit
    this.#of += of
  }
}

/** Whether the request comes after the answer to another one. */
function isFollowing({ think, turn = 0 }: TraceRow): boolean {
  return think !== undefined && turn > 0
}

/**
 * A small site in simulated time: workers with caches and slots, and a steady stream of requests.
 */
import type { RequestClass, Skill } from '@resumelb/protocol'
import type { Assignment, Outcome, Pool } from '../../../src/pool/pool.ts'
import { traitsOf } from './play.ts'

/** What is the matter with a worker. */
export type Trouble = 'none' | 'hangs' | 'fails'

interface Request {
  readonly requestClass: RequestClass
  readonly assignment: Assignment<string>
}

class SiteWorker {
  trouble: Trouble = 'none'
  busy = 0
  readonly waiting: Request[] = []
  /** Least recently used first. */
  readonly cache = new Set<RequestClass>()
  readonly skills = new Map<RequestClass, Skill>()
}

export interface SiteOptions {
  readonly workers: readonly string[]
  /** Classes that a worker's cache holds. */
  readonly cacheSize: number
  readonly concurrency?: number
  /** Classes that fail wherever they go. */
  readonly badClasses?: readonly RequestClass[]
}

/** Seconds that a request takes warm, cold, and from a worker that fails. */
const siteSeconds = { warm: 0.005, cold: 0.04, failing: 0.001 }

/** Feeds a pool requests and lets its workers serve them. */
export class Site {
  readonly #pool: Pool<string>
  readonly #options: SiteOptions
  readonly #workers = new Map<string, SiteWorker>()
  readonly #events: { at: number; run: () => void }[] = []
  #assigned: string[] = []
  now = 0
  served = 0
  failed = 0

  constructor(pool: Pool<string>, options: SiteOptions) {
    this.#pool = pool
    this.#options = options
    for (const name of options.workers) this.join(name)
    this.#tickAfterSecond()
  }

  join(name: string): void {
    this.#workers.set(name, new SiteWorker())
    const { concurrency = 1 } = this.#options
    this.#pool.update(
      name,
      { traits: traitsOf(name, { concurrency }), resume: new Map() },
      this.now,
    )
  }

  /** A worker that hung goes on where it was when it is well. */
  setTrouble(name: string, trouble: Trouble): void {
    const worker = this.#workers.get(name)
    if (worker === undefined) throw new Error(`no worker ${name}`)
    worker.trouble = trouble
    this.#serve(worker)
  }

  /** Lets requests come evenly for so long. Returns which worker each was given to. */
  run(seconds: number, perSecond: number, nextClass: () => RequestClass): string[] {
    this.#assigned = []
    const end = this.now + seconds
    const count = Math.round(seconds * perSecond)
    const begin = this.now
    for (let i = 0; i < count; i++) {
      this.#passUntil(begin + i / perSecond)
      this.request(nextClass())
    }
    this.#passUntil(end)
    return this.#assigned
  }

  request(requestClass: RequestClass): string {
    const assignment = this.#pool.assign({ requestClass }, this.now)
    const worker = assignment && this.#workers.get(assignment.worker)
    if (assignment === undefined || worker === undefined) throw new Error('no worker takes it')
    this.#assigned.push(assignment.worker)
    worker.waiting.push({ requestClass, assignment })
    this.#serve(worker)
    return assignment.worker
  }

  /** The clients of a worker's requests all leave. */
  abandon(name: string): void {
    const worker = this.#workers.get(name)
    for (const { assignment } of worker?.waiting.splice(0) ?? []) {
      assignment.finish(this.now, { result: 'abandoned' })
    }
  }

  #passUntil(time: number): void {
    for (;;) {
      const [next] = this.#events
      if (next === undefined || next.at > time) break
      this.#events.shift()
      this.now = next.at
      next.run()
    }
    this.now = time
  }

  #after(seconds: number, run: () => void): void {
    const at = this.now + seconds
    const place = this.#events.findIndex((event) => event.at > at)
    this.#events.splice(place === -1 ? this.#events.length : place, 0, { at, run })
  }

  #tickAfterSecond(): void {
    this.#after(1, () => {
      this.#pool.tick?.(this.now)
      this.#tickAfterSecond()
    })
  }

  #serve(worker: SiteWorker): void {
    const { concurrency = 1, badClasses = [] } = this.#options
    if (worker.trouble === 'hangs') return
    while (worker.busy < concurrency) {
      const request = worker.waiting.shift()
      if (request === undefined) return
      worker.busy++
      const fails = worker.trouble === 'fails' || badClasses.includes(request.requestClass)
      const seconds = fails ? siteSeconds.failing : this.#secondsOf(worker, request.requestClass)
      this.#after(seconds, () => {
        worker.busy--
        if (fails) this.failed++
        else this.served++
        const outcome: Outcome = fails
          ? { result: 'failed', seconds }
          : this.#learn(worker, request, seconds)
        request.assignment.finish(this.now, outcome)
        this.#serve(worker)
      })
    }
  }

  #secondsOf({ cache }: SiteWorker, requestClass: RequestClass): number {
    const isWarm = cache.delete(requestClass)
    cache.add(requestClass)
    if (cache.size > this.#options.cacheSize) cache.delete([...cache][0] ?? '')
    return isWarm ? siteSeconds.warm : siteSeconds.cold
  }

  #learn({ skills }: SiteWorker, { requestClass }: Request, seconds: number): Outcome {
    const before = skills.get(requestClass) ?? { seconds, count: 0, rate: 0 }
    const count = before.count + 1
    const mean = before.seconds + ((seconds - before.seconds) * 2) / (Math.min(count, 64) + 1)
    const skill = { score: 1 / mean, seconds: mean, count, rate: before.rate }
    skills.set(requestClass, skill)
    return { result: 'served', seconds, skill }
  }
}

/** Gives these in turn. */
export function cycle<Element>(elements: readonly Element[]): () => Element {
  let turn = 0
  return () => elements[turn++ % elements.length] as Element
}

export function countOf(chosen: readonly string[], worker: string): number {
  return chosen.filter((name) => name === worker).length
}

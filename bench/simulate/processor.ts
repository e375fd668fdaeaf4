/** Runs requests that have a slot of a worker, in blocking or in asynchronous handlers. */
import type { EventQueue } from './event-queue.ts'
import type { Job } from './worker-job.ts'

/** How often what ends while the worker hangs looks whether it still does. Seconds. */
const hangStep = 0.01

/** What a request takes, in seconds. */
export interface Duration {
  readonly total: number
  /** The part of it for which it needs the one processor of asynchronous handlers. */
  readonly processor: number
}

interface Running {
  readonly job: Job
  readonly endsAt: number
}

export class Processor {
  readonly #events: EventQueue
  readonly #isAsynchronous: boolean
  readonly #running = new Set<Running>()
  /** When the one processor of asynchronous handlers is free. */
  #freeAt = 0
  /** Requests of asynchronous handlers that wait for objects. */
  #loading = 0
  /** It stands still: what runs ends later. */
  isHanging = false

  constructor(events: EventQueue, isAsynchronous: boolean) {
    this.#events = events
    this.#isAsynchronous = isAsynchronous
  }

  /** Requests that run. */
  get size(): number {
    return this.#running.size
  }

  /** What all that runs still takes, in seconds. */
  get remaining(): number {
    const { now } = this.#events
    let seconds = 0
    for (const { endsAt } of this.#running) seconds += Math.max(0, endsAt - now)
    return seconds
  }

  /** Seconds until the one processor of asynchronous handlers is free, if each needs it so long. */
  untilFree(seconds: number): number {
    return Math.max(0, this.#freeAt - this.#events.now) + this.#loading * seconds
  }

  /** Runs a request; `done` is called with what it took, in seconds. */
  run(job: Job, { total, processor }: Duration, done: (seconds: number) => void): void {
    const events = this.#events
    const begunAt = events.now
    const end = (): void => done(events.now - begunAt)
    if (!this.#isAsynchronous) return this.#runUntil(begunAt + total, job, end)
    const loading = { job, endsAt: begunAt + total }
    this.#running.add(loading)
    this.#loading++
    events.after(total - processor, () => {
      this.#loading--
      if (!this.#running.delete(loading)) return
      this.#freeAt = Math.max(events.now, this.#freeAt) + processor
      this.#runUntil(this.#freeAt, job, end)
    })
  }

  #runUntil(endsAt: number, job: Job, done: () => void): void {
    const running = { job, endsAt }
    this.#running.add(running)
    const end = (): void => {
      if (!this.#running.has(running)) return
      if (this.isHanging) return this.#events.after(hangStep, end)
      this.#running.delete(running)
      done()
    }
    this.#events.at(endsAt, end)
  }

  /** Ends all that runs, and returns it. */
  stop(): Job[] {
    const jobs = [...this.#running].map(({ job }) => job)
    this.#running.clear()
    return jobs
  }
}

/** Simulated workers that some requests crash, and the rules of `CrashWatch` for their repeats. */
import { CrashWatch, type Field } from '../../src/proxy/crash-watch.ts'

export interface SimulationOptions {
  readonly seed: number
  readonly workers: number
  readonly classes: number
  /** Requests per second, and how many of them crash their worker. */
  readonly rate: number
  readonly poisonRate: number
  /** Classes that have the requests which crash workers. */
  readonly poisonClasses: number
  /** Milliseconds. */
  readonly duration: number
  readonly restartTime: number
  readonly serviceTime: number
}

export interface SimulatedResult {
  readonly innocent: number
  /** Harmless requests without a response. */
  readonly innocentLost: number
  readonly poison: number
  /** The most workers that one request has crashed. */
  readonly mostCrashes: number
  readonly crashes: number
  /** The fewest ready workers at any time. */
  readonly fewestReady: number
  /** Milliseconds from the first crash of a harmless request until its response, at most. */
  readonly slowest: number
}

interface Job {
  readonly requestClass: string
  readonly isPoison: boolean
  readonly failed: Set<number>
  attempts: number
  crashes: number
  beganAt: number
  crashedAt: number
  /** Which start of which worker has it. */
  at: { readonly worker: number; readonly life: number } | undefined
}

/** Retries of one request, as `--max-retries` has it by default. */
const maxRetries = 2

/** Milliseconds that a request is held at most, as `--wait-timeout` has it by default. */
const maxWait = 10_000

export class CrashSimulation {
  readonly #options: SimulationOptions
  readonly #random: () => number
  readonly #watch = new CrashWatch<Job, number>()
  readonly #events: { at: number; run: () => void }[] = []
  /** Lives of each worker; odd: it is down. */
  readonly #lives: number[]
  readonly #jobs: Set<Job> = new Set()
  readonly #waiting: Set<Job> = new Set()
  #now = 0
  #innocent = 0
  #innocentLost = 0
  #poison = 0
  #mostCrashes = 0
  #crashes = 0
  #fewestReady: number
  #slowest = 0

  constructor(options: SimulationOptions) {
    this.#options = options
    this.#random = randomFrom(options.seed)
    this.#lives = Array.from({ length: options.workers }, () => 0)
    this.#fewestReady = options.workers
  }

  run(): SimulatedResult {
    const { duration } = this.#options
    this.#arrive(false)
    this.#arrive(true)
    this.#sweep()
    for (;;) {
      const event = this.#nextEvent()
      if (event === undefined) break
      this.#now = event.at
      if (this.#now > duration && this.#jobs.size === 0) break
      event.run()
    }
    return {
      innocent: this.#innocent,
      innocentLost: this.#innocentLost,
      poison: this.#poison,
      mostCrashes: this.#mostCrashes,
      crashes: this.#crashes,
      fewestReady: this.#fewestReady,
      slowest: this.#slowest,
    }
  }

  get #ready(): number[] {
    return this.#lives.flatMap((life, worker) => (life % 2 === 0 ? [worker] : []))
  }

  #field(): Field<number> {
    return { ready: this.#ready, total: this.#lives.length, others: this.#jobs.size }
  }

  #after(delay: number, run: () => void): void {
    const at = this.#now + delay
    let low = 0
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#events[middle]?.at ?? 0) > at) low = middle + 1
      else high = middle
    }
    this.#events.splice(low, 0, { at, run })
  }

  #nextEvent(): { at: number; run: () => void } | undefined {
    return this.#events.pop()
  }

  #arrive(isPoison: boolean): void {
    const { rate, poisonRate, duration, classes, poisonClasses } = this.#options
    const mean = 1000 / (isPoison ? poisonRate : rate)
    this.#after(-Math.log(1 - this.#random()) * mean, () => {
      if (this.#now > duration) return
      const count = isPoison ? poisonClasses : classes
      const number = Math.floor(count * this.#random() ** 2)
      const requestClass = isPoison ? `poison${number}` : `class${number}`
      const job: Job = {
        requestClass,
        isPoison,
        failed: new Set(),
        attempts: 0,
        crashes: 0,
        beganAt: 0,
        crashedAt: 0,
        at: undefined,
      }
      if (isPoison) this.#poison++
      else this.#innocent++
      this.#jobs.add(job)
      this.#dispatch(job)
      this.#arrive(isPoison)
    })
  }

  /** Sends a request to its home, or waits. */
  #dispatch(job: Job): void {
    if (!this.#watch.isIdle) {
      const field = () => ({ ...this.#field(), others: this.#jobs.size - 1 })
      const avoid = this.#watch.avoid(job.requestClass, field, this.#now)
      if (avoid === 'refused') return this.#end(job, false)
      if (this.#send(job, avoid)) return
    } else if (this.#send(job, undefined)) return
    this.#waiting.add(job)
  }

  #send(job: Job, avoid: ReadonlySet<number> | undefined): boolean {
    const able = this.#ready.filter((worker) => !avoid?.has(worker) && !job.failed.has(worker))
    const worker = able.sort((a, b) => rank(job.requestClass, a) - rank(job.requestClass, b))[0]
    if (worker === undefined) return false
    const life = this.#lives[worker] as number
    job.at = { worker, life }
    job.attempts++
    job.beganAt = this.#now
    if (!this.#watch.isIdle) this.#watch.assigned(job, job.requestClass, worker, this.#now)
    const time = -Math.log(1 - this.#random()) * this.#options.serviceTime
    this.#after(time, () => {
      if (job.at?.life !== life || job.at.worker !== worker) return
      if (job.isPoison) this.#crash(worker)
      else this.#end(job, true)
    })
    return true
  }

  #crash(worker: number): void {
    this.#crashes++
    ;(this.#lives[worker] as number)++
    this.#fewestReady = Math.min(this.#fewestReady, this.#ready.length)
    this.#after(this.#options.restartTime, () => {
      ;(this.#lives[worker] as number)++
      for (const job of [...this.#waiting])
        if (this.#send(job, undefined)) this.#waiting.delete(job)
      this.#tryHeld()
    })
    const victims = [...this.#jobs].filter(({ at }) => at?.worker === worker)
    for (const job of victims) {
      job.at = undefined
      job.failed.add(worker)
      job.crashedAt ||= this.#now
      if (job.isPoison) this.#mostCrashes = Math.max(this.#mostCrashes, ++job.crashes)
    }
    const { verdicts } = this.#watch.onCrash(
      victims.map((job) => ({
        request: job,
        requestClass: job.requestClass,
        mayRepeat: job.attempts <= maxRetries,
        isRepeat: this.#watch.isTried(job),
        age: this.#now - job.beganAt,
      })),
      (requestClass) => ![...this.#jobs].some((job) => job.requestClass !== requestClass),
      this.#now,
    )
    for (const { request, fate } of verdicts) {
      if (fate === 'again' || fate === 'released') this.#dispatch(request)
      else if (fate !== 'held') this.#end(request, false)
    }
    this.#tryHeld()
  }

  #tryHeld(): void {
    for (const { request, avoid } of this.#watch.next(this.#field(), this.#now)) {
      this.#send(request, avoid)
    }
  }

  #sweep(): void {
    this.#after(100, () => {
      for (const job of this.#watch.expired(maxWait, this.#now)) this.#end(job, false)
      this.#tryHeld()
      this.#sweep()
    })
  }

  #end(job: Job, isServed: boolean): void {
    this.#jobs.delete(job)
    this.#waiting.delete(job)
    job.at = undefined
    this.#watch.ended(job, isServed)
    if (!job.isPoison && !isServed) this.#innocentLost++
    if (job.crashedAt > 0 && !job.isPoison) {
      this.#slowest = Math.max(this.#slowest, this.#now - job.crashedAt)
    }
    this.#tryHeld()
  }
}

/** The rank of a worker for a class, as in rendezvous hashing. */
function rank(requestClass: string, worker: number): number {
  let hash = 2166136261
  for (const char of `${requestClass}/${worker}`) {
    hash = Math.imul(hash ^ char.charCodeAt(0), 16777619)
  }
  hash = Math.imul(hash ^ (hash >>> 15), 2246822507)
  return (hash ^ (hash >>> 13)) >>> 0
}

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** Puts the load of one job on the balancers and measures what comes of it. */
import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { Random } from '../../simulate/random.ts'
import { Connections } from './connections.ts'
import type { Job, Result, Sample } from './job.ts'
import { busyPart, processorTimes } from './processor.ts'
import { type Ending, Tally } from './tally.ts'
import { createZipf } from './zipf.ts'

/** Requests at once in an open loop, over all balancers: users beyond it are turned away. */
const openLimit = 2000
/** Milliseconds that answers have to come after the last request of an open loop. */
const lateMs = 1000
/** Milliseconds before a user who got an error asks again. */
const pauseAfterErrorMs = 20
const pages = 100

export class JobRun {
  readonly #job: Job
  readonly #random: Random
  readonly #place: () => number
  readonly #connections: readonly Connections[]
  readonly #tally = new Tally()
  readonly #samples: Sample[] = []
  /** When each request that is not over was due, for those that are measured. */
  readonly #unanswered = new Set<{ readonly due: number }>()
  readonly #finished = new AbortController()
  readonly #from: number
  #to: number
  #asked = 0
  #isOver = false

  constructor(job: Job) {
    this.#job = job
    this.#random = new Random(job.seed)
    this.#place = createZipf(job.tenants.length, job.zipf, this.#random.split('tenants'))
    const atOnce = job.load.kind === 'closed' ? job.load.users : openLimit
    const limit = Math.ceil(atOnce / job.ports.length)
    this.#connections = job.ports.map((port) => new Connections(port, limit))
    this.#from = performance.now() + job.warmUpSeconds * 1000
    this.#to = this.#from + job.seconds * 1000
  }

  /** Does the job. It ends after its seconds, or when it is told to finish. */
  async result(): Promise<Result> {
    try {
      return await this.#measure()
    } finally {
      await Promise.all(this.#connections.map((connections) => connections.destroy()))
    }
  }

  /** Ends the measurement now. */
  finish(): void {
    this.#to = Math.min(this.#to, performance.now())
    this.#finished.abort()
  }

  async #measure(): Promise<Result> {
    const { load } = this.#job
    if (load.kind === 'closed') {
      for (let user = 0; user < load.users; user++) this.#askForEver(this.#connectionsOf(user))
    } else {
      this.#askAtRate(load.rate)
    }
    await this.#until(this.#from)
    const idleBefore = performance.eventLoopUtilization()
    const processorBefore = processorTimes()
    await this.#until(this.#to)
    const generatorBusy = performance.eventLoopUtilization(idleBefore).utilization
    const processorBusy = busyPart(processorBefore, processorTimes())
    if (load.kind === 'open') await this.#untilAnswered()
    this.#isOver = true
    for (const { due } of this.#unanswered) {
      this.#addOpen({ is: 'unanswered' }, due)
    }
    const seconds = (this.#to - this.#from) / 1000
    const result = this.#tally.result({ seconds, generatorBusy, processorBusy })
    return this.#job.isSampled ? { ...result, samples: this.#samples } : result
  }

  async #until(instant: number): Promise<void> {
    const { signal } = this.#finished
    await wait(instant - performance.now(), undefined, { signal }).catch(() => {})
  }

  /** A user of the closed loop. Counts what ends while measuring, whenever it began. */
  #askForEver(connections: Connections): void {
    const due = performance.now()
    this.#ask(connections, (ending) => {
      const now = performance.now()
      if (this.#isOver || now >= this.#to) return
      if (now >= this.#from) this.#tally.add(ending, now - due)
      if (ending.is === 'shed') setTimeout(() => this.#askForEver(connections), pauseAfterErrorMs)
      else this.#askForEver(connections)
    })
  }

  /** The open loop. Counts what was due while measuring, whenever it ends. */
  #askAtRate(rate: number): void {
    const arrivals = this.#random.split('arrivals')
    let due = performance.now()
    const next = (): void => {
      const now = performance.now()
      while (due <= now && due < this.#to) {
        this.#askDueAt(due)
        due += arrivals.exponential(1000 / rate)
      }
      if (due < this.#to) setTimeout(next, due - now)
    }
    next()
  }

  #askDueAt(due: number): void {
    const isMeasured = due >= this.#from
    const request = { due }
    if (isMeasured) this.#unanswered.add(request)
    this.#ask(this.#connectionsOf(this.#asked++), (ending) => {
      if (this.#isOver || !isMeasured) return
      this.#unanswered.delete(request)
      this.#addOpen(ending, due)
    })
  }

  #addOpen(ending: Ending, due: number): void {
    const milliseconds = performance.now() - due
    this.#tally.add(ending, milliseconds)
    if (this.#job.isSampled) this.#samples.push([(due - this.#from) / 1000, milliseconds])
  }

  /** Users and requests go to the balancers in turn. */
  #connectionsOf(number: number): Connections {
    return this.#connections[number % this.#connections.length]!
  }

  #ask(connections: Connections, done: (ending: Ending) => void): void {
    const tenant = this.#job.tenants[this.#place()]!
    const page = this.#random.integer(pages)
    connections.ask(tenant, this.#job.path ?? `/page/${page}`, done)
  }

  async #untilAnswered(): Promise<void> {
    const deadline = performance.now() + lateMs
    while (this.#unanswered.size > 0 && performance.now() < deadline) await wait(20)
  }
}

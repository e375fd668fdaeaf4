/** Counts the events of a load balancer, for the status and the metrics. */
import type { EndedRequest, LoadBalancerEvents, RequestOutcome } from '../events.ts'
import type { ConnectionRefusal, FailureName } from '../http/failures.ts'
import type { Role } from '../pool/explanation.ts'
import { ClassTally } from './class-tally.ts'
import { Histogram } from './histogram.ts'
import { Subscription } from './subscription.ts'
import { addUnits, noUnits, type UnitCounts } from './unit-counts.ts'

/** Workers that have gone and whose counts are kept, so that a scrape finds the last of them. */
const maxGone = 100

/** What is counted of one worker. */
export class WorkerTally {
  /** Requests that have ended there, by status. */
  readonly codes: Map<number, number> = new Map()
  requests = 0
  /** Sum of their durations, in seconds. */
  seconds = 0
  readonly sizes: UnitCounts = noUnits()
  errors = 0
  retries = 0
  ejections = 0
  connects = 0
  disconnects = 0
  /** In milliseconds of the clock; `undefined`: it is not ejected. */
  ejectedUntil: number | undefined
}

export class Tallies {
  readonly duration: Histogram = new Histogram()
  readonly timeToFirstByte: Histogram = new Histogram()
  readonly queue: Histogram = new Histogram()
  readonly outcomes: Record<RequestOutcome, number> = {
    served: 0,
    failed: 0,
    shed: 0,
    refused: 0,
    abandoned: 0,
  }
  /** Reasons of the requests that were not served. */
  readonly failures: Map<FailureName, number> = new Map()
  readonly choices: Map<Role, number> = new Map()
  readonly refusedInputs: Map<FailureName, number> = new Map()
  readonly refusedConnections: Map<ConnectionRefusal, number> = new Map()
  readonly classes: ClassTally
  /** By address; the empty one has the requests that no worker had. */
  readonly workers: Map<string, WorkerTally> = new Map()
  requests = 0
  /** Failed, shed, or answered 5xx. */
  errors = 0
  retries = 0
  retriesDenied = 0
  affinityLookups = 0
  affinityHits = 0
  /** Choices whose regret is known. */
  regrets = 0
  regretSeconds = 0
  readonly sizes: UnitCounts = noUnits()
  bytesSent = 0
  bytesReceived = 0
  readonly #subscription: Subscription
  readonly #now: () => number

  /** Begins to listen. `now` is the clock of the load balancer; `maxClasses` bounds the classes. */
  constructor(events: LoadBalancerEvents, now: () => number, maxClasses: number) {
    this.#subscription = new Subscription(events)
    this.#now = now
    this.classes = new ClassTally(maxClasses)
    const listen = this.#subscription.on
    listen('requestEnded', (ended) => this.#count(ended))
    listen('requestRetried', ({ worker }) => {
      this.retries++
      this.workerOf(worker).retries++
    })
    listen('retryDenied', () => this.retriesDenied++)
    listen('inputRefused', ({ reason }) => increment(this.refusedInputs, reason))
    listen('connectionRefused', ({ cause }) => increment(this.refusedConnections, cause))
    this.#listenToWorkers()
  }

  /** Listens no longer. */
  stop(): void {
    this.#subscription.end()
  }

  workerOf(address: string): WorkerTally {
    const known = this.workers.get(address)
    if (known !== undefined) return known
    const added = new WorkerTally()
    this.workers.set(address, added)
    return added
  }

  /**
   * Forgets workers that have gone, all but the last few. `present` are the addresses of the
   * others.
   */
  prune(present: ReadonlySet<string>): void {
    const gone = [...this.workers.keys()].filter((key) => key !== '' && !present.has(key))
    for (const key of gone.slice(0, Math.max(0, gone.length - maxGone))) this.workers.delete(key)
  }

  #count(ended: EndedRequest): void {
    const { status, outcome, startedAt, endedAt, assignedAt, answeredAt, requestClass } = ended
    const seconds = (endedAt - startedAt) / 1000
    this.requests++
    this.outcomes[outcome]++
    this.bytesSent += ended.bytesSent
    this.bytesReceived += ended.bytesReceived
    this.duration.observe(seconds)
    if (answeredAt !== undefined) this.timeToFirstByte.observe((answeredAt - startedAt) / 1000)
    if (assignedAt !== undefined) this.queue.observe((assignedAt - startedAt) / 1000)
    if (ended.reason !== undefined) increment(this.failures, ended.reason)
    const isError = status >= 500 || outcome === 'failed'
    if (isError) this.errors++
    const worker = this.workerOf(ended.worker)
    increment(worker.codes, status)
    worker.requests++
    worker.seconds += seconds
    if (isError) worker.errors++
    this.#countChoice(ended)
    const counted = this.classes.count(requestClass, endedAt / 1000, seconds, ended.isWarm === true)
    const { size } = ended
    if (size === undefined) return
    for (const { sizes } of [this, worker, counted]) addUnits(sizes, size)
  }

  #countChoice({ choice, isWarm, regret }: EndedRequest): void {
    if (choice !== undefined) increment(this.choices, choice)
    if (isWarm !== undefined) {
      this.affinityLookups++
      if (isWarm) this.affinityHits++
    }
    if (regret !== undefined) {
      this.regrets++
      this.regretSeconds += regret
    }
  }

  #listenToWorkers(): void {
    const listen = this.#subscription.on
    listen('workerUp', ({ worker }) => this.workerOf(worker).connects++)
    listen('workerDown', ({ worker }) => this.workerOf(worker).disconnects++)
    listen('workerEjected', ({ worker, seconds }) => {
      const tally = this.workerOf(worker)
      tally.ejections++
      tally.ejectedUntil = this.#now() + seconds * 1000
    })
    listen('workerRecovered', ({ worker }) => {
      this.workerOf(worker).ejectedUntil = undefined
    })
  }
}

function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

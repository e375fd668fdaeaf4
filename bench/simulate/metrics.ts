/** What a simulation measures. */
import { build, type Histogram } from 'hdr-histogram-js'
import { sum } from '../statistics.ts'
import type { Scenario } from './scenario.ts'
import type { WorkerRecorder } from './worker-setting.ts'
import type { Request } from './workload.ts'

/** One second of a simulation. */
export interface Second {
  /** Since the start. */
  readonly at: number
  /** Of the requests that came in this second. Seconds; undefined if none came. */
  readonly meanLatency: number | undefined
  readonly hitRate: number | undefined
  /** Requests answered in this second. */
  readonly answered: number
}

export interface Result {
  /** Requests answered per second. */
  readonly goodput: number
  /** Part of the objects needed that were in the cache. */
  readonly hitRate: number
  /** Seconds from the client's sending to its having the answer. */
  readonly mean: number
  readonly p50: number
  readonly p99: number
  /** Work of the busiest worker ÷ that of the mean worker, in seconds of service. */
  readonly imbalance: number
  /** Workers that serve a class, in effect: 1 ÷ Σ share², weighted by the class's requests. */
  readonly homes: number
  /** Seconds from the first incident until the mean latency stays low; undefined if never. */
  readonly recovery: number | undefined
  readonly timeline: readonly Second[]
}

class Bucket {
  requests = 0
  latency = 0
  needed = 0
  found = 0
  answered = 0
}

/** Latencies are kept in microseconds, to three digits, up to ten minutes. */
const histogramOptions = {
  bitBucketSize: 64,
  highestTrackableValue: 600e6,
  numberOfSignificantValueDigits: 3,
} as const

/** Takes down what happens, second by second and in sum over the measured time. */
export class Metrics implements WorkerRecorder {
  readonly #scenario: Scenario
  readonly #clock: { readonly now: number }
  readonly #buckets: Bucket[]
  readonly #latencies: Histogram = build(histogramOptions)
  #latencySum = 0
  #answered = 0
  #needed = 0
  #found = 0
  readonly #busy: number[] = []
  /** Requests by class, then by worker. */
  readonly #servedBy = new Map<number, Map<number, number>>()
  readonly #unanswered = new Set<Request>()

  constructor(scenario: Scenario, clock: { readonly now: number }) {
    this.#scenario = scenario
    this.#clock = clock
    const seconds = Math.ceil(scenario.warmUp + scenario.measured)
    this.#buckets = Array.from({ length: seconds }, () => new Bucket())
  }

  sent(request: Request): void {
    this.#unanswered.add(request)
  }

  answered(request: Request): void {
    this.#unanswered.delete(request)
    const bucket = this.#bucket(this.#clock.now)
    if (bucket) bucket.answered++
    if (this.#isMeasured) this.#answered++
    this.#addLatency(request)
  }

  served(workerIndex: number, request: Request, found: number): void {
    const bucket = this.#bucket(this.#clock.now)
    if (bucket) {
      bucket.needed += request.objects.length
      bucket.found += found
    }
    if (!this.#isMeasured) return
    this.#needed += request.objects.length
    this.#found += found
    let counts = this.#servedBy.get(request.classIndex)
    if (!counts) {
      counts = new Map()
      this.#servedBy.set(request.classIndex, counts)
    }
    counts.set(workerIndex, (counts.get(workerIndex) ?? 0) + 1)
  }

  busy(workerIndex: number, seconds: number): void {
    if (this.#isMeasured) this.#busy[workerIndex] = (this.#busy[workerIndex] ?? 0) + seconds
  }

  /** What is unanswered at the end counts with the time it has waited so far. */
  result(): Result {
    for (const request of this.#unanswered) this.#addLatency(request)
    const count = this.#latencies.totalCount
    return {
      goodput: this.#answered / this.#scenario.measured,
      hitRate: this.#needed > 0 ? this.#found / this.#needed : 1,
      mean: count > 0 ? this.#latencySum / count : 0,
      p50: this.#latencies.getValueAtPercentile(50) / 1e6,
      p99: this.#latencies.getValueAtPercentile(99) / 1e6,
      imbalance: imbalance(this.#busy),
      homes: this.#homes(),
      recovery: this.#recovery(),
      timeline: this.#timeline(),
    }
  }

  get #isMeasured(): boolean {
    return this.#clock.now >= this.#scenario.warmUp
  }

  #bucket(time: number): Bucket | undefined {
    return this.#buckets[Math.floor(time)]
  }

  #addLatency(request: Request): void {
    const latency = this.#clock.now - request.sentAt
    const bucket = this.#bucket(request.sentAt)
    if (bucket) {
      bucket.requests++
      bucket.latency += latency
    }
    if (request.sentAt < this.#scenario.warmUp) return
    this.#latencySum += latency
    this.#latencies.recordValue(Math.max(1, Math.round(latency * 1e6)))
  }

  #homes(): number {
    let weighted = 0
    let requests = 0
    for (const counts of this.#servedBy.values()) {
      let sum = 0
      let squares = 0
      for (const count of counts.values()) {
        sum += count
        squares += count * count
      }
      weighted += (sum * sum * sum) / squares
      requests += sum
    }
    return requests > 0 ? weighted / requests : 0
  }

  #recovery(): number | undefined {
    const { recoveredBelow, incidents } = this.#scenario
    const [first] = incidents
    if (recoveredBelow === undefined || !first) return undefined
    const seconds = this.#timeline()
    let last = seconds.length - 1
    while (last >= 0 && (seconds[last]!.meanLatency ?? 0) < recoveredBelow) last--
    if (last === seconds.length - 1) return undefined
    return Math.max(0, last + 1 - Math.floor(first.at))
  }

  #timeline(): Second[] {
    return this.#buckets.map((bucket, at) => ({
      at,
      meanLatency: bucket.requests > 0 ? bucket.latency / bucket.requests : undefined,
      hitRate: bucket.needed > 0 ? bucket.found / bucket.needed : undefined,
      answered: bucket.answered,
    }))
  }
}

function imbalance(busy: readonly number[]): number {
  const seconds = Array.from(busy, (value) => value ?? 0)
  const total = sum(seconds)
  return total > 0 ? (Math.max(...seconds) * seconds.length) / total : 1
}

/** What has become of the counters in the last ten seconds. Pure. */
import { quantile } from './histogram.ts'
import type { Percentiles, Recent } from './status-document.ts'
import type { Tallies, WorkerTally } from './tallies.ts'

/** Seconds that are looked back on, and samples that are kept, one a second. */
const window = 10

interface WorkerSample {
  readonly requests: number
  readonly seconds: number
}

interface Sample {
  /** In seconds of the clock. */
  readonly at: number
  readonly requests: number
  readonly errors: number
  readonly retries: number
  readonly affinityLookups: number
  readonly affinityHits: number
  readonly regrets: number
  readonly regretSeconds: number
  readonly choices: number
  readonly spills: number
  readonly duration: Float64Array
  readonly timeToFirstByte: Float64Array
  readonly queue: Float64Array
  readonly workers: ReadonlyMap<string, WorkerSample>
}

export class RecentWindow {
  readonly #tallies: Tallies
  /** The oldest first; the first of them is what the present is compared with. */
  #samples: Sample[]

  constructor(tallies: Tallies, now: number) {
    this.#tallies = tallies
    this.#samples = [this.#take(now)]
  }

  /** Takes a sample: to be called once a second. `now` is in seconds. */
  sample(now: number): void {
    const oldest = this.#samples.findLastIndex(({ at }) => now - at >= window)
    this.#samples = this.#samples.slice(Math.max(0, oldest))
    if (this.#samples.length <= window) this.#samples.push(this.#take(now))
  }

  /** All of the load balancer. */
  read(now: number): Recent {
    const [before, after] = [this.#before, this.#take(now)]
    const seconds = Math.max(now - before.at, 0.001)
    const grown = (name: NumberName) => after[name] - before[name]
    const ratio = (part: NumberName, whole: NumberName) =>
      grown(whole) > 0 ? rounded(grown(part) / grown(whole)) : null
    return {
      seconds: rounded(seconds),
      requestsPerSecond: rounded(grown('requests') / seconds),
      errorsPerSecond: rounded(grown('errors') / seconds),
      retriesPerSecond: rounded(grown('retries') / seconds),
      affinityHitRatio: ratio('affinityHits', 'affinityLookups'),
      spillRatio: ratio('spills', 'choices'),
      regretSeconds: ratio('regretSeconds', 'regrets'),
      duration: percentiles(before.duration, after.duration),
      timeToFirstByte: percentiles(before.timeToFirstByte, after.timeToFirstByte),
      queue: percentiles(before.queue, after.queue),
    }
  }

  /** One worker. */
  readWorker(address: string, tally: WorkerTally | undefined, now: number): WorkerRecent {
    const before = this.#before.workers.get(address)
    const elapsed = Math.max(now - this.#before.at, 0.001)
    const requests = (tally?.requests ?? 0) - (before?.requests ?? 0)
    const seconds = (tally?.seconds ?? 0) - (before?.seconds ?? 0)
    return {
      requestsPerSecond: rounded(requests / elapsed),
      meanSeconds: requests > 0 ? rounded(seconds / requests) : null,
    }
  }

  get #before(): Sample {
    return this.#samples[0] as Sample
  }

  #take(now: number): Sample {
    const tallies = this.#tallies
    const { requests, errors, retries, affinityLookups, affinityHits } = tallies
    const { regrets, regretSeconds, choices } = tallies
    return {
      at: now,
      requests,
      errors,
      retries,
      affinityLookups,
      affinityHits,
      regrets,
      regretSeconds,
      choices: [...choices.values()].reduce((sum, count) => sum + count, 0),
      spills: choices.get('spill') ?? 0,
      duration: tallies.duration.counts.slice(),
      timeToFirstByte: tallies.timeToFirstByte.counts.slice(),
      queue: tallies.queue.counts.slice(),
      workers: new Map(
        [...tallies.workers].map(([key, tally]) => [
          key,
          { requests: tally.requests, seconds: tally.seconds },
        ]),
      ),
    }
  }
}

/** What was counted of a worker lately. */
export interface WorkerRecent {
  readonly requestsPerSecond: number
  readonly meanSeconds: number | null
}

type NumberName = {
  [Name in keyof Sample]: Sample[Name] extends number ? Name : never
}[keyof Sample]

function percentiles(before: Float64Array, after: Float64Array): Percentiles | null {
  const counts = after.map((count, bucket) => count - (before[bucket] ?? 0))
  const at = (q: number) => rounded(quantile(counts, q) ?? 0)
  return quantile(counts, 0.5) === undefined ? null : { p50: at(0.5), p90: at(0.9), p99: at(0.99) }
}

/** To three digits: what differs less is noise, and need not be sent again each second. */
export function rounded(value: number): number {
  return Math.abs(value) < 1e-6 ? 0 : Number(value.toPrecision(3))
}

/** What has become of the counters in the last ten seconds. Pure. */
import { quantile } from './histogram.ts'
import type { Percentiles, Recent } from './status-document.ts'
import type { Tallies, WorkerTally } from './tallies.ts'

/** Seconds that are looked back on, and samples that are kept, one a second. */
const window = 10

const countNames = [
  'requests',
  'errors',
  'retries',
  'affinityLookups',
  'affinityHits',
  'regrets',
  'regretSeconds',
  'choices',
  'spills',
  'units',
  'chainUnits',
  'warmUnits',
] as const

type CountName = (typeof countNames)[number]

/** What was counted in the last seconds, as plain data that can be added up. */
export interface RecentCounts extends Readonly<Record<CountName, number>> {
  readonly seconds: number
  /** By bucket, as a `Histogram` counts them. */
  readonly duration: readonly number[]
  readonly timeToFirstByte: readonly number[]
  readonly queue: readonly number[]
}

interface WorkerSample {
  readonly requests: number
  readonly seconds: number
}

interface Sample extends Readonly<Record<CountName, number>> {
  /** In seconds of the clock. */
  readonly at: number
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

  /** What was counted since the oldest sample. */
  counts(now: number): RecentCounts {
    const [before, after] = [this.#before, this.#take(now)]
    const grown = (name: NumberName) => after[name] - before[name]
    const numbers = Object.fromEntries(countNames.map((name) => [name, grown(name)]))
    return {
      ...(numbers as Record<CountName, number>),
      seconds: Math.max(now - before.at, 0.001),
      duration: difference(before.duration, after.duration),
      timeToFirstByte: difference(before.timeToFirstByte, after.timeToFirstByte),
      queue: difference(before.queue, after.queue),
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
    const { regrets, regretSeconds, choices, sizes } = tallies
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
      ...sizes,
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

function difference(before: Float64Array, after: Float64Array): number[] {
  return Array.from(after, (count, bucket) => count - (before[bucket] ?? 0))
}

/** The same in rates, ratios and percentiles. */
export function recentOf(counts: RecentCounts): Recent {
  const { seconds } = counts
  const ratio = (part: CountName, whole: CountName) =>
    counts[whole] > 0 ? rounded(counts[part] / counts[whole]) : null
  return {
    seconds: rounded(seconds),
    requestsPerSecond: rounded(counts.requests / seconds),
    errorsPerSecond: rounded(counts.errors / seconds),
    retriesPerSecond: rounded(counts.retries / seconds),
    affinityHitRatio: ratio('affinityHits', 'affinityLookups'),
    spillRatio: ratio('spills', 'choices'),
    regretSeconds: ratio('regretSeconds', 'regrets'),
    unitsPerSecond: rounded(counts.units / seconds),
    warmUnitRatio: ratio('warmUnits', 'chainUnits'),
    duration: percentiles(counts.duration),
    timeToFirstByte: percentiles(counts.timeToFirstByte),
    queue: percentiles(counts.queue),
  }
}

function percentiles(counts: readonly number[]): Percentiles | null {
  const at = (q: number) => rounded(quantile(counts, q) ?? 0)
  return quantile(counts, 0.5) === undefined ? null : { p50: at(0.5), p90: at(0.9), p99: at(0.99) }
}

/** To three digits: what differs less is noise, and need not be sent again each second. */
export function rounded(value: number): number {
  return Math.abs(value) < 1e-6 ? 0 : Number(value.toPrecision(3))
}

/** Counts what happened to the requests of one job. */
import { build } from 'hdr-histogram-js'
import type { Result, WorkerUse } from './job.ts'

/** Milliseconds; what takes longer counts as this. */
const longest = 60_000

/** How a request ended: with the application's note about it, or without an answer. */
export type Ending =
  | { readonly is: 'answered'; readonly tenant: string; readonly served: string }
  | { readonly is: 'shed'; readonly why: string }
  /** Given up at the end of the measurement. It has waited for so long, at least. */
  | { readonly is: 'unanswered' }

export class Tally {
  // Hundredths of a millisecond.
  readonly #latencies = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: longest * 100,
    numberOfSignificantValueDigits: 3,
  })
  readonly #shed: Record<string, number> = {}
  readonly #workers = new Map<string, { requests: number; busy: number; tenants: Set<string> }>()
  #asked = 0
  #answered = 0
  #hits = 0

  /** Takes in a request that took `milliseconds` from when it was due. */
  add(ending: Ending, milliseconds: number): void {
    this.#asked++
    if (ending.is === 'shed') {
      this.#shed[ending.why] = (this.#shed[ending.why] ?? 0) + 1
      return
    }
    this.#latencies.recordValue(Math.round(Math.min(milliseconds, longest) * 100))
    if (ending.is === 'unanswered') this.#shed['no answer'] = (this.#shed['no answer'] ?? 0) + 1
    else this.#addAnswer(ending.tenant, ending.served)
  }

  result(measured: Pick<Result, 'seconds' | 'generatorBusy' | 'processorBusy'>): Result {
    const at = (percentile: number) => this.#latencies.getValueAtPercentile(percentile) / 100
    const workers = Array.from(
      this.#workers,
      ([name, { requests, busy, tenants }]): [string, WorkerUse] => [
        name,
        { requests, busy: busy / 1000, tenants: tenants.size },
      ],
    )
    return {
      ...measured,
      asked: this.#asked,
      answered: this.#answered,
      hits: this.#hits,
      shed: this.#shed,
      latency: { mean: this.#latencies.mean / 100, p50: at(50), p99: at(99) },
      workers: Object.fromEntries(workers),
    }
  }

  #addAnswer(tenant: string, served: string): void {
    const [name = '', how, milliseconds] = served.split(';')
    let worker = this.#workers.get(name)
    if (worker === undefined) {
      worker = { requests: 0, busy: 0, tenants: new Set() }
      this.#workers.set(name, worker)
    }
    this.#answered++
    if (how === 'hit') this.#hits++
    worker.requests++
    worker.busy += Number(milliseconds)
    worker.tenants.add(tenant)
  }
}

/** `npm run simulate -- --trace FILE`: how routers do with recorded requests. */
import { makeConversations } from './conversations.ts'
import type { WorkerKind } from './model-worker.ts'
import { replay } from './replay.ts'
import { readTrace } from './trace.ts'
import { tracePolicies } from './trace-policies.ts'
import { traceTable } from './trace-report.ts'

export interface TraceOptions {
  /** The file, or {@link synthetic}. */
  readonly trace: string
  readonly kind: WorkerKind
  readonly workers: number
  readonly balancers: readonly number[]
  readonly load: readonly number[]
  readonly speeds: readonly number[]
  readonly tokensPerSecond: number
  readonly capacity: number
  readonly slots: number
  readonly seed: number
  readonly policy: readonly string[] | undefined
}

/** The name of the trace that is made instead of read. */
const synthetic = 'synthetic'

/** Prints a table for each load and number of load balancers. */
export function simulateTrace(options: TraceOptions): void {
  const { trace, seed, policy, kind, workers } = options
  const rows = trace === synthetic ? makeConversations(seed) : readTrace(trace)
  const chosen = tracePolicies.filter(({ name }) => policy === undefined || policy.includes(name))
  for (const load of options.load) {
    for (const balancers of options.balancers) {
      const settings = { ...options, load, balancers }
      const results = chosen.map((each) => replay(rows, each, settings))
      const head = `${trace}: ${workers} workers (${kind}), load ${load}, ${balancers} balancers`
      console.log(`${traceTable(head, results)}\n`)
    }
  }
}

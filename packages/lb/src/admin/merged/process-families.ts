/** The metrics of the processes of a load balancer. Pure. */
import { counter, type Family, gauge, one } from '../metric-family.ts'

export interface ProcessCounts {
  /** Processes that are to serve clients. */
  readonly count: number
  /** Those that do. */
  readonly serving: readonly unknown[]
  /** Those that were ever started. */
  readonly starts: number
}

export function processFamilies({ count, serving, starts }: ProcessCounts): Family[] {
  return [
    gauge('resumelb_processes', 'With `--processes`: processes that are to serve clients', [
      one(count),
    ]),
    gauge('resumelb_processes_serving', 'Processes that serve clients', [one(serving.length)]),
    counter('resumelb_process_starts_total', 'Processes that were started', [one(starts)]),
  ]
}

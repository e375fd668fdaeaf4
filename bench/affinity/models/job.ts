/** What the users' process is asked to do, and what it reports: plain data between processes. */
import type { ModelWorkload } from './workload.ts'

export interface ModelJob {
  /** Ports of the load balancers; the questions of a user go to them in turn. */
  readonly ports: readonly number[]
  readonly workload: ModelWorkload
  /** Seconds before measuring begins, and of measuring. */
  readonly warmUpSeconds: number
  readonly seconds: number
}

/** What became of a question. Times are in milliseconds since it was due. */
export interface ModelSample {
  /** When it was due, in seconds since measuring began. */
  readonly at: number
  /** To the first token, and to the end of the answer. */
  readonly first: number
  readonly end: number
  /** Tokens of the prompt and those of them that were cached; 0 without an answer. */
  readonly prompt: number
  readonly cached: number
  /** Attempts that got no whole answer. */
  readonly failed: number
}

export interface ModelResult {
  readonly samples: readonly ModelSample[]
  /** The share of the time that the users' process, and all processor cores, were busy. */
  readonly generatorBusy: number
  readonly processorBusy: number
}

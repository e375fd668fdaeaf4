/**
 * What the load generator is asked to do, and what it reports: plain data, sent between processes.
 */

/** A job, or that the one in hand is to end now. */
export type Order = Job | 'finish'

export interface Job {
  /** Ports of the load balancers; users are spread over them evenly. */
  readonly ports: readonly number[]
  /** Hosts in order of popularity. */
  readonly tenants: readonly string[]
  readonly zipf: number
  readonly seed: string
  readonly load: Load
  /** Seconds before measuring begins, and of measuring. */
  readonly warmUpSeconds: number
  readonly seconds: number
  /** What is asked for; pages by chance if absent. */
  readonly path?: string
  /** Whether to report each request. */
  readonly isSampled?: boolean
}

/** When a request was due, in seconds since measuring began, and what it took in milliseconds. */
export type Sample = readonly [at: number, milliseconds: number]

export type Load =
  /** So many users, each with one request at a time and no pause. */
  | { readonly kind: 'closed'; readonly users: number }
  /** Requests per second at random instants (Poisson), whatever has become of the earlier ones. */
  | { readonly kind: 'open'; readonly rate: number }

export interface Result {
  /** Seconds that were measured. */
  readonly seconds: number
  /** Requests that were begun, and those answered with 200. */
  readonly asked: number
  readonly answered: number
  readonly hits: number
  /** Requests without a good answer, by what happened: '503', 'ECONNRESET', 'no answer', ... */
  readonly shed: Readonly<Record<string, number>>
  /** Milliseconds from when the request was due to its end; refused requests are not in here. */
  readonly latency: { readonly mean: number; readonly p50: number; readonly p99: number }
  readonly workers: Readonly<Record<string, WorkerUse>>
  /** The share of the time that the generator was busy: near 1 it is what limits the result. */
  readonly generatorBusy: number
  /** The same of all processor cores: near 1 the machine is. */
  readonly processorBusy: number
  /** If they were asked for. Those without a good answer count with what they have taken. */
  readonly samples?: readonly Sample[]
}

export interface WorkerUse {
  readonly requests: number
  /** Seconds of service. */
  readonly busy: number
  /** Different tenants that it served. */
  readonly tenants: number
}

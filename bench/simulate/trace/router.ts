/** What decides where the requests of a trace go. */
import type { EventQueue } from '../event-queue.ts'
import type { Random } from '../random.ts'
import type { ModelWorker, Served } from './model-worker.ts'
import type { Reporter } from './reporter.ts'
import type { TraceRow } from './trace.ts'

/** One load balancer's router. Workers go by their places in the list. */
export interface Router {
  /** Gives the request to a worker; returns who is to hear of it. */
  route(row: TraceRow): Routed
}

/** A request that was given to a worker. */
export interface Routed {
  readonly worker: number
  started?(): void
  first?(): void
  done?(served: Served): void
}

export interface RouterContext {
  readonly workers: readonly ModelWorker[]
  /** What each worker says of itself to load balancers of the product. */
  readonly reporters: readonly Reporter[]
  /** The number of the load balancer. */
  readonly balancer: number
  readonly events: EventQueue
  readonly random: Random
}

export interface TracePolicy {
  readonly name: string
  create(context: RouterContext): Router
}

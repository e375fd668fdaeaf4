/** What takes part in the comparison: a load balancer with one way of choosing the worker. */
import type { Command } from '../processes/program.ts'

export interface Contestant {
  /** Its name in the report and for `--only`. */
  readonly name: string
  readonly product: Product
  /** How it was set up, for the report. */
  readonly note: string
  /** Goes through the restarts, and behind two balancers, in the short comparison too. */
  readonly isExemplary: boolean
  /** Its workers warm up at their start, and hand their classes over before their end. */
  readonly warmsUp?: boolean
  /** The command that starts one balancer. May write files into `folder`. */
  balancer(setting: Setting): Promise<Command>
}

export type Product = 'resumelb' | 'haproxy' | 'nginx'

export interface Setting {
  /** Where the balancer is to listen. */
  readonly port: number
  readonly workerPorts: readonly number[]
  /** Requests that a worker serves at once. */
  readonly concurrency: number
  /** A folder for the balancer's files that is removed in the end. */
  readonly folder: string
}

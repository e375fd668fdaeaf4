/** The interface of discoveries, which find the workers. */

import type { Missing } from '../workers/worker-set.ts'
import type { GivenWorker } from '../workers/worker-spec.ts'

/** Receives what a discovery finds. */
export interface DiscoveryListener {
  /**
   * Replaces the list of workers. `missing` says what happens to the others; `retire` by default.
   */
  onWorkers(workers: readonly GivenWorker[], missing?: Missing): void
  /**
   * Replaces the settings of the pool; those not given get their defaults. Throws an OptionError.
   */
  onSettings(settings: Readonly<Record<string, unknown>>): void
}

/** Finds the workers, and reports changes. */
export interface Discovery {
  /** Starts to report, and resolves when the first list of workers is known. Called once. */
  start(listener: DiscoveryListener): Promise<void>
  /** Called when the load balancer listens, with its address and the actual port. */
  listening?(host: string, port: number): Promise<void>
  /** Removes the registration of this load balancer, and stops. Called once. */
  close(): Promise<void>
}

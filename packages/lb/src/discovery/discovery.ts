/** Where the addresses of the workers come from. */

import type { Address } from '@resumelb/common'
import type { Missing } from '../workers/worker-set.ts'

/** What a discovery tells. */
export interface DiscoveryListener {
  /** All workers that there are now, and what becomes of the others: `retire` unless told. */
  onWorkers(addresses: readonly (string | Address)[], missing?: Missing): void
  /** Settings of the pool; what is not given has its default. Throws an OptionError for a bad one. */
  onSettings(settings: Readonly<Record<string, unknown>>): void
}

/** Knows the workers, and tells when they change. */
export interface Discovery {
  /** Begins to tell, and resolves when it knows who is there. Called once. */
  start(listener: DiscoveryListener): Promise<void>
  /** The load balancer listens at this address, with the port that it really got. */
  listening?(host: string, port: number): Promise<void>
  /** Takes back whatever tells others that this load balancer is here. Called once. */
  close(): Promise<void>
}

/** Where the addresses of the workers come from. */

/** What a discovery tells. */
export interface DiscoveryListener {
  /** All workers that there are now. */
  onWorkers(addresses: readonly string[]): void
  /** Settings of the pool; what is not given has its default. */
  onSettings?(settings: Readonly<Record<string, unknown>>): void
}

/** Knows the workers, and tells when they change. */
export interface Discovery {
  /** Begins to tell. Called once. */
  start(listener: DiscoveryListener): Promise<void>
  /** The load balancer listens at this address, with the port that it really got. */
  listening?(host: string, port: number): Promise<void>
  /** Takes back whatever tells others that this load balancer is here. Called once. */
  close(): Promise<void>
}

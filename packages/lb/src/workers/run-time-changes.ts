/** What operators have changed of the workers of a load balancer, as plain data. */
export interface RunTimeChanges {
  /** Workers that were added, as `addWorker` takes them. */
  readonly added: readonly string[]
  /** Addresses of listed workers that were removed. */
  readonly removed: readonly string[]
  /** Addresses of workers that get no new requests until they are made ready. */
  readonly drained: readonly string[]
}

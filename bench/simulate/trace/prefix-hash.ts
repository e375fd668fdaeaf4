/** KubeAI's strategy PrefixHash: consistent hashing with bounded loads. */
import { sum } from '../../statistics.ts'
import { hashOf, Rival } from './rival.ts'
import type { RouterContext } from './router.ts'
import type { TraceRow } from './trace.ts'

/** Points of an endpoint on the ring, and `meanLoadPercentage`: its defaults. */
const replication = 256
const loadFactor = 1.25

/**
 * The first endpoint from the hash on whose requests, with the new one, are at most 1.25 times the
 * mean (substratusai/kubeai 08e69e54, internal/loadbalancer/balance_chwbl.go). It hashes the first
 * 100 characters of the first message of the user, which tell conversations apart.
 */
export class PrefixHash extends Rival {
  readonly #ring: readonly { readonly point: number; readonly worker: number }[]

  constructor(context: RouterContext) {
    super(context)
    this.#ring = this.all
      .flatMap((worker) =>
        Array.from({ length: replication }, (_, replica) => ({
          point: hashOf(`10.0.0.${worker}:8000${replica}`),
          worker,
        })),
      )
      .sort((a, b) => a.point - b.point)
  }

  protected choose(row: TraceRow): number {
    const hash = hashOf(row.class)
    const found = this.#ring.findIndex(({ point }) => point >= hash)
    const first = Math.max(0, found)
    const onward = [...this.#ring.slice(first), ...this.#ring.slice(0, first)]
    const total = sum(this.flight)
    const bound = loadFactor * ((total + 1) / this.flight.length)
    const isFree = (worker: number) => total === 0 || (this.flight[worker] ?? 0) + 1 <= bound
    return (onward.find(({ worker }) => isFree(worker)) ?? onward[0])?.worker ?? 0
  }
}

/**
 * The routers of others, as their sources say, with their defaults. Each knows its own requests
 * only, as the originals do without replica sync. Those that subscribe to events of the engines
 * (marked with *) see the caches as they are, at once.
 */
import { mean } from '../../statistics.ts'
import { EndpointPicker } from './endpoint-picker.ts'
import { PrefixHash } from './prefix-hash.ts'
import { blocksOf, hashOf, Rival } from './rival.ts'
import type { Router, RouterContext, TracePolicy } from './router.ts'
import type { TraceRow } from './trace.ts'

class RoundRobin extends Rival {
  #at = -1
  protected choose(): number {
    this.#at = (this.#at + 1) % this.flight.length
    return this.#at
  }
}

class LeastRequests extends Rival {
  protected choose(): number {
    return this.leastBusy
  }
}

/** The fewest tokens of prompts in progress: "load balancing" in the paper of Mooncake. */
class LeastTokens extends Rival {
  protected choose(): number {
    return this.least((worker) => this.work[worker] ?? 0)
  }
}

/** Rendezvous hashing of the class. */
class Hash extends Rival {
  protected choose(row: TraceRow): number {
    return this.least((worker) => hashOf(`${row.class} ${worker}`))
  }
}

/**
 * SGLang's model gateway, `cache_aware` (lightseekorg/smg 73da68ca, policies/cache_aware.rs): the
 * best match above 0.3, unless the loads differ by more than 64 and 1.5 times.
 */
class Sglang extends Rival {
  protected choose(row: TraceRow): number {
    const [least, most] = [Math.min(...this.flight), Math.max(...this.flight)]
    if (most - least > 64 && most > 1.5 * least) return this.leastBusy
    const blocks = blocksOf(row)
    const depths = this.tree.depths(blocks, this.flight.length)
    const best = Math.max(...depths)
    if (best / blocks.length <= 0.3) return this.leastBusy
    return this.tree.lastUser(blocks[best - 1] as number | string) ?? this.leastBusy
  }
}

/** vLLM's production stack, `loadaware` (pull request 1035): matched part less the load. */
class VllmLoadAware extends Rival {
  protected choose(row: TraceRow): number {
    const average = mean(this.flight)
    const blocks = blocksOf(row).length
    return this.least(
      (worker) =>
        ((this.flight[worker] ?? 0) - average) / Math.max(1, average) -
        this.overlap(worker, row) / blocks,
    )
  }
}

/** AIBrix `prefix-cache` (e3e10f9e): the best match among those of usual load. */
class Aibrix extends Rival {
  protected choose(row: TraceRow): number {
    const { flight } = this
    if (Math.max(...flight) - Math.min(...flight) > 8) return this.leastBusy
    const depths = this.tree.depths(blocksOf(row), flight.length)
    const average = mean(flight)
    const deviation = Math.sqrt(mean(flight.map((each) => (each - average) ** 2)))
    const usual = this.all.filter(
      (worker) => (depths[worker] ?? 0) > 0 && (flight[worker] ?? 0) <= average + deviation,
    )
    if (usual.length === 0) return this.leastBusy
    return this.least((worker) => (flight[worker] ?? 0) - 1e6 * (depths[worker] ?? 0), usual)
  }
}

/** llm-d (filter prefix-cache-affinity 0.8, pull request 2071): of those that hold it, fewest tokens. */
class LlmD extends Rival {
  protected choose(row: TraceRow): number {
    const blocks = blocksOf(row).length
    const holders = this.all.filter((worker) => this.overlap(worker, row) / blocks >= 0.8)
    const isFree = this.context.random.next() < 0.01
    return this.least(
      (worker) => this.work[worker] ?? 0,
      isFree || holders.length === 0 ? this.all : holders,
    )
  }
}

/** NVIDIA Dynamo's router of a prefill pool (lib/kv-router, selector/default.rs). */
class Dynamo extends Rival {
  protected choose(row: TraceRow): number {
    return this.least((worker) => (this.work[worker] ?? 0) - this.overlap(worker, row))
  }

  protected override unitsOf(row: TraceRow, worker: number): number {
    return blocksOf(row).length - this.overlap(worker, row)
  }

  protected override get endsAtFirst(): boolean {
    return true
  }
}

/** Algorithm 1 of the paper of Mooncake, without transfers: the least queue and prefill. */
class Mooncake extends Rival {
  protected choose(row: TraceRow): number {
    return this.least((worker) => (this.work[worker] ?? 0) + this.unitsOf(row, worker))
  }

  protected override unitsOf(row: TraceRow, worker: number): number {
    return this.context.workers[worker]?.seconds(row) ?? 0
  }

  protected override get endsAtFirst(): boolean {
    return true
  }
}

/** Preble's E2 (V. Srivatsa et al., 2024): the longest match above a half, or the least load. */
class Preble extends Rival {
  #depths: readonly number[] = []

  protected choose(row: TraceRow): number {
    const { length } = blocksOf(row)
    const depths = this.tree.depths(blocksOf(row), this.flight.length)
    this.#depths = depths
    const best = Math.max(...depths)
    const load = (worker: number) => (this.work[worker] ?? 0) + length - (depths[worker] ?? 0)
    if (best <= length / 2) return this.least(load)
    const chosen = this.least(
      load,
      this.all.filter((worker) => depths[worker] === best),
    )
    const average = mean(this.work)
    return (this.work[chosen] ?? 0) > 2 * average + length ? this.least(load) : chosen
  }

  protected override unitsOf(row: TraceRow, worker: number): number {
    return blocksOf(row).length - (this.#depths[worker] ?? 0)
  }
}

/** The least wait and service, as only a simulation can know them. */
class Oracle extends Rival {
  protected choose(row: TraceRow): number {
    const { workers } = this.context
    return this.least((i) => (workers[i]?.wait() ?? 0) + (workers[i]?.seconds(row) ?? 0))
  }
}

const rival = (name: string, Kind: new (context: RouterContext) => Router): TracePolicy => ({
  name,
  create: (context) => new Kind(context),
})

export const rivals: readonly TracePolicy[] = [
  rival('round-robin', RoundRobin),
  rival('least requests', LeastRequests),
  rival('least tokens', LeastTokens),
  rival('hash', Hash),
  rival('SGLang cache_aware', Sglang),
  rival('vLLM loadaware *', VllmLoadAware),
  rival('AIBrix prefix-cache', Aibrix),
  rival('GIE default', EndpointPicker),
  rival('KubeAI PrefixHash', PrefixHash),
  rival('llm-d *', LlmD),
  rival('Dynamo *', Dynamo),
  rival('Mooncake local *', Mooncake),
  rival('Preble E2', Preble),
  rival('(oracle)', Oracle),
]

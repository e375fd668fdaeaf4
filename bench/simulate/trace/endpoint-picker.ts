/** The endpoint picker of Kubernetes' Gateway API Inference Extension, with its default profile. */
import { BlockCache } from './block-cache.ts'
import { blocksOf, Rival } from './rival.ts'
import { blockTokens, type TraceRow } from './trace.ts'

/** Weights of the scores (config/charts/inferencepool, epp-config.yaml). */
const weights = { queue: 2, cacheUse: 2, prefix: 3 } as const

/** Tokens of its own blocks, how many of them it remembers for a server, and compares. */
const ownBlock = 16
const rememberedBlocks = 31_250
const comparedBlocks = 256

const ours = (blocks: number): number => Math.floor((blocks * ownBlock) / blockTokens)

/**
 * The sum of three scores, the best of which wins (kubernetes-sigs/gateway-api-inference-extension,
 * plugins queue-scorer, kv-cache-utilization-scorer, prefix-cache-scorer and max-score-picker; the
 * plugin's own sizes, without autoTune). Queues and the use of caches are asked of the engines, and
 * known at once here. What was sent where is remembered; of a prompt, only the first 4,096 tokens.
 */
export class EndpointPicker extends Rival {
  readonly #sent = this.context.workers.map(
    () => new BlockCache<number | string>(ours(rememberedBlocks)),
  )

  protected choose(row: TraceRow): number {
    const blocks = blocksOf(row).slice(0, ours(comparedBlocks))
    const prefix = this.#matches(blocks)
    const queues = this.context.workers.map(({ waiting }) => waiting)
    const [shortest, longest] = [Math.min(...queues), Math.max(...queues)]
    const chosen = this.least((i) => {
      const { waiting = 0, cacheUse = 0 } = this.context.workers[i] ?? {}
      const queue = longest === shortest ? 1 : (longest - waiting) / (longest - shortest)
      const match = (prefix[i] ?? 0) / blocks.length
      return -(weights.queue * queue + weights.cacheUse * (1 - cacheUse) + weights.prefix * match)
    })
    // The last block is used last.
    this.#sent[chosen]?.put([...blocks].reverse())
    return chosen
  }

  /** By worker, how many of the blocks were sent there, up to the first that was sent to none. */
  #matches(blocks: readonly (number | string)[]): number[] {
    const counts = this.#sent.map(() => 0)
    for (const block of blocks) {
      let isKnown = false
      for (const [i, sent] of this.#sent.entries()) {
        if (!sent.has(block)) continue
        isKnown = true
        counts[i] = (counts[i] ?? 0) + 1
      }
      if (!isKnown) break
    }
    return counts
  }
}

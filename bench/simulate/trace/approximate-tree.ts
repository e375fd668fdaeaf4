/** What a router believes to be where, from what it has sent there. */

type Block = number | string

/** Workers by block. Knows nothing of what is evicted, as the routers that use such trees do not. */
export class ApproximateTree {
  /** The worker that used a block last comes last. */
  readonly #users = new Map<Block, Set<number>>()

  insert(blocks: readonly Block[], worker: number): void {
    for (const block of blocks) {
      const users = this.#users.get(block) ?? new Set()
      users.delete(worker)
      this.#users.set(block, users.add(worker))
    }
  }

  /** By worker, how many leading blocks were sent there. */
  depths(blocks: readonly Block[], workers: number): number[] {
    const depths = new Array<number>(workers).fill(0)
    for (const [i, block] of blocks.entries()) {
      let isDeeper = false
      for (const worker of this.#users.get(block) ?? []) {
        if (depths[worker] !== i) continue
        depths[worker] = i + 1
        isDeeper = true
      }
      if (!isDeeper) break
    }
    return depths
  }

  lastUser(block: Block): number | undefined {
    return [...(this.#users.get(block) ?? [])].at(-1)
  }
}

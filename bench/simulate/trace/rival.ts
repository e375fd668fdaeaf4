/** What the routers of others have in common. */
import { ApproximateTree } from './approximate-tree.ts'
import type { Routed, Router, RouterContext } from './router.ts'
import type { TraceRow } from './trace.ts'

export const blocksOf = (row: TraceRow): readonly (number | string)[] => row.blocks ?? [row.class]

/** Chooses a worker, and counts what it has sent to each. */
export abstract class Rival implements Router {
  protected readonly context: RouterContext
  protected readonly tree = new ApproximateTree()
  /** By worker: own requests in progress, and their work in what the rival counts. */
  protected readonly flight: number[]
  protected readonly work: number[]

  constructor(context: RouterContext) {
    this.context = context
    this.flight = context.workers.map(() => 0)
    this.work = context.workers.map(() => 0)
  }

  route(row: TraceRow): Routed {
    const worker = this.choose(row)
    const units = this.unitsOf(row, worker)
    this.tree.insert(blocksOf(row), worker)
    this.flight[worker] = (this.flight[worker] ?? 0) + 1
    this.addWork(worker, units)
    return {
      worker,
      first: () => this.endsAtFirst && this.addWork(worker, -units),
      done: () => {
        this.flight[worker] = (this.flight[worker] ?? 0) - 1
        if (!this.endsAtFirst) this.addWork(worker, -units)
      },
    }
  }

  protected abstract choose(row: TraceRow): number

  protected unitsOf(row: TraceRow, _worker: number): number {
    return row.in ?? 1
  }

  /** Whether work is done with the first token. */
  protected get endsAtFirst(): boolean {
    return false
  }

  /** One of those with the least value, by chance. */
  protected least(value: (worker: number) => number, among = this.all): number {
    let best = Number.POSITIVE_INFINITY
    let chosen = 0
    let ties = 0
    for (const worker of among) {
      const of = value(worker)
      if (of === best && this.context.random.next() * ++ties >= 1) continue
      if (of > best) continue
      if (of < best) ties = 1
      best = of
      chosen = worker
    }
    return chosen
  }

  protected get all(): number[] {
    return [...this.flight.keys()]
  }

  protected get leastBusy(): number {
    return this.least((worker) => this.flight[worker] ?? 0)
  }

  protected overlap(worker: number, row: TraceRow): number {
    return this.context.workers[worker]?.overlap(row) ?? 0
  }

  protected addWork(worker: number, units: number): void {
    this.work[worker] = Math.max(0, (this.work[worker] ?? 0) + units)
  }
}

/** FNV-1a, with the last steps of MurmurHash. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** How much a worker should be given, compared with others. Pure. */
import type { WorkerTraits } from './pool.ts'

/** The worker's capacity, for policies that do not reckon with slots. */
export function capacityOf({ capacity = 1 }: WorkerTraits): number {
  return capacity
}

/** Its slots, each of them counted as often as the capacity says, for policies that do. */
export function weightOf({ concurrency, capacity = 1 }: WorkerTraits): number {
  return concurrency * capacity
}

/** Counts the units of requests, and what of them workers had in their caches. Pure. */
import type { EndedSize } from '../events.ts'

/** Sums over requests that tell a size. One that tells only a chain counts as 1 unit. */
export interface UnitCounts {
  units: number
  /** Of these, those of requests with a chain whose worker has said how much of it was warm. */
  chainUnits: number
  /** Of these, the ones that were warm. */
  warmUnits: number
}

export function noUnits(): UnitCounts {
  return { units: 0, chainUnits: 0, warmUnits: 0 }
}

/** Adds a request. */
export function addUnits(counts: UnitCounts, { units = 1, warmPart }: EndedSize): void {
  counts.units += units
  if (warmPart === undefined) return
  counts.chainUnits += units
  counts.warmUnits += units * warmPart
}

/** The part of the units of chains that was warm, from 0 to 1; null if there were none. */
export function warmRatio({ chainUnits, warmUnits }: UnitCounts): number | null {
  return chainUnits > 0 ? warmUnits / chainUnits : null
}

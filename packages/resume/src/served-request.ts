/** Requests with a size, as the résumé learns from them. */
import { type Chain, maxUnits } from '@resumelb/protocol'

/** What a request says of its size. */
export interface RequestSize {
  /** In any unit; 1 if it does not say. */
  readonly units?: number | undefined
  /** What it needs, from the general to the specific. */
  readonly chain?: Chain | undefined
}

/** A request that was served, and what was measured. */
export interface ServedRequest extends RequestSize {
  /** From its beginning to the end of its response. */
  readonly seconds: number
  /** From its beginning to the first byte of the body of its response, if that is a stream. */
  readonly firstSeconds?: number | undefined
  /** Uncached units of others that had still to be computed when it began; 0 if absent. */
  readonly ahead?: number | undefined
  /** How many leading links of its chain were warm, if the application has said so. */
  readonly depth?: number | undefined
  /**
   * `WarmLinks.reachOf` its chain when it began; absent if it was served at once, so that it is as
   * now.
   */
  readonly reach?: readonly number[] | undefined
}

/** The units that must be computed anew if the first `depth` links of the chain are warm. */
export function uncachedUnits({ units = 1, chain = [] }: RequestSize, depth: number): number {
  const size = Math.min(units, maxUnits)
  return chain.length === 0 ? size : size * (1 - Math.min(depth, chain.length) / chain.length)
}

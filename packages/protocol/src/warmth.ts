/** What a worker tells of the links of chains that it is warm for. Pure. */

/**
 * Changes of what a worker is warm for. Links are hashes that name the
 * parts of chains.
 */
export interface WarmthChanges {
  /** Whether `warm` is all that the worker is warm for, instead of an addition. */
  readonly whole?: true
  readonly warm: readonly number[]
  readonly gone: readonly number[]
}

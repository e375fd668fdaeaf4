/** Puts the wrappers around a policy that an operator asked for. */
import type { Pool } from '../pool.ts'
import type { GivenSettings } from '../settings.ts'
import { type OnVersion, SingleVersionPool } from './single-version-pool.ts'
import { StatesPool } from './states-pool.ts'
import type { PoolFactory } from './sub-pools.ts'
import { VersionClassPool } from './version-class-pool.ts'

export interface CompositionOptions {
  /**
   * `any`: all workers get work, whatever their version. `single`: only the version with the most
   * workers. `by class`: requests are of classes named `version/class`.
   */
  readonly versions?: 'any' | 'single' | 'by class'
  /** Settings of the wrappers; the policy's may be among them. */
  readonly settings?: GivenSettings
  /** Called when another version gets the work, with `versions: 'single'`. */
  readonly onVersion?: OnVersion
}

/**
 * Makes a pool of the policy's that heeds the states of workers and, if asked, their versions.
 * A version is as large as the number of its workers that are not draining.
 */
export function composePool<Worker>(
  create: PoolFactory<Worker>,
  options: CompositionOptions = {},
): Pool<Worker> {
  const { versions = 'any', settings = {}, onVersion } = options
  const createOne = () => new StatesPool(create, settings)
  if (versions === 'single') return new SingleVersionPool(createOne, settings, onVersion)
  if (versions === 'by class') return new VersionClassPool(createOne)
  return createOne()
}

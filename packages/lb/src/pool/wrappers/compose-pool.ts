/** Puts the wrappers around a policy that an operator asked for. */
import type { Pool } from '../pool.ts'
import type { GivenSettings } from '../settings.ts'
import { type EjectionOptions, EjectionPool } from './ejection-pool.ts'
import { RequestedVersionPool } from './requested-version-pool.ts'
import { SharePool } from './share-pool.ts'
import { type OnVersion, SingleVersionPool } from './single-version-pool.ts'
import { StatesPool } from './states-pool.ts'
import { type SessionIds, StickyPool } from './sticky-pool.ts'
import type { PoolFactory } from './sub-pools.ts'

export interface CompositionOptions<Worker = unknown> {
  /**
   * `any`: all workers get work, whatever their version. `single`: only the version with the most
   * workers. `requested`: the version that the request asks for.
   */
  readonly versions?: 'any' | 'single' | 'requested'
  /** Settings of the wrappers; the policy's may be among them. */
  readonly settings?: GivenSettings
  /** Called when another version gets the work, with `versions: 'single'`. */
  readonly onVersion?: OnVersion
  /** When workers that fail are ejected; never, if absent. */
  readonly ejection?: EjectionOptions<Worker>
  /** The part of all slots that one class may hold while there are others; all, if absent. */
  readonly maxClassShare?: number
  /** How the sessions of requests name workers; if absent, sessions are ignored. */
  readonly sessionIds?: SessionIds
}

/**
 * Makes a pool of the policy's that heeds the states of workers and, if asked, their versions and
 * failures.
 * A version is as large as the number of its workers that are not draining.
 */
export function composePool<Worker>(
  create: PoolFactory<Worker>,
  options: CompositionOptions<Worker> = {},
): Pool<Worker> {
  const { ejection, sessionIds, maxClassShare = 1 } = options
  const createVersions = () => composeVersions(create, options)
  // Inside ejection: an ejected worker does not keep its sessions.
  const createAll = () =>
    sessionIds === undefined ? createVersions() : new StickyPool(createVersions, sessionIds)
  const createHealthy = () =>
    ejection === undefined ? createAll() : new EjectionPool(createAll, ejection)
  // Outside ejection: while all workers of a class are ejected, it does not get those of others.
  return maxClassShare < 1 ? new SharePool(createHealthy, maxClassShare) : createHealthy()
}

function composeVersions<Worker>(
  create: PoolFactory<Worker>,
  { versions = 'any', settings = {}, onVersion }: CompositionOptions<Worker>,
): Pool<Worker> {
  const createOne = () => new StatesPool(create, settings)
  if (versions === 'single') return new SingleVersionPool(createOne, settings, onVersion)
  if (versions === 'requested') return new RequestedVersionPool(createOne)
  return createOne()
}

/** The public names of @resumelb/lb. */
export { OptionError } from './errors.ts'
export { createAssignment } from './pool/assignment.ts'
export { ClassicPool } from './pool/classic-pool.ts'
export { ClasslessPool } from './pool/classless-pool.ts'
export { CostPool } from './pool/cost-pool.ts'
export type { Assignment, Outcome, Pool, WorkerNews, WorkerTraits } from './pool/pool.ts'
export {
  createPool,
  type PoolKind,
  type PoolName,
  poolKinds,
  poolNames,
} from './pool/pools.ts'
export type { GivenSettings, SettingSpec, SettingSpecs } from './pool/settings.ts'

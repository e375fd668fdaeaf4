/** The public names of @resumelb/lb. */
export type { Logger, LogMethod } from '@resumelb/protocol'
export { classifyByHost } from './classify/by-host.ts'
export { classifyByPattern } from './classify/by-pattern.ts'
export type { Classifier } from './classify/classifier.ts'
export type { RequestView } from './client/client.ts'
export type { Discovery, DiscoveryListener } from './discovery/discovery.ts'
export { fixedWorkers } from './discovery/fixed.ts'
export { type ZooKeeperOptions, zookeeperWorkers } from './discovery/zookeeper.ts'
export { OptionError, StateError } from './errors.ts'
export type { LinkStateName } from './link/link-state.ts'
export type { WorkerLink } from './link/worker-link.ts'
export {
  defaultPool,
  type EndedRequest,
  LoadBalancer,
  type LoadBalancerOptions,
  type Missing,
  type RequestInProgress,
} from './load-balancer.ts'
export { type BalancingOptions, defaultBalancingOptions } from './options.ts'
export { createAssignment } from './pool/assignment.ts'
export { ClassicPool } from './pool/classic-pool.ts'
export { ClasslessPool } from './pool/classless-pool.ts'
export { type CompositionOptions, composePool } from './pool/compose-pool.ts'
export { CostPool } from './pool/cost-pool.ts'
export type { Assignment, Outcome, Pool, WorkerNews, WorkerTraits } from './pool/pool.ts'
export {
  createPool,
  type PoolKind,
  type PoolName,
  poolKinds,
  poolNames,
} from './pool/pools.ts'
export { RandomPool } from './pool/random-pool.ts'
export { RendezvousPool } from './pool/rendezvous-pool.ts'
export { RoundRobinPool } from './pool/round-robin-pool.ts'
export type { GivenSettings, SettingSpec, SettingSpecs } from './pool/settings.ts'
export { type OnVersion, SingleVersionPool } from './pool/single-version-pool.ts'
export { StatesPool } from './pool/states-pool.ts'
export type { PoolFactory } from './pool/sub-pools.ts'
export { VersionClassPool } from './pool/version-class-pool.ts'

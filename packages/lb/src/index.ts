/** The public names of @resumelb/lb. */

export {
  type CertificateFiles,
  type Logger,
  type LogMethod,
  OptionError,
  silentLogger,
} from '@resumelb/common'
export {
  type DialTls,
  type PeerCertificateFiles,
  PeerCertificates,
  type PeerCertificatesOptions,
} from '@resumelb/protocol'
export { type AdminOptions, AdminServer } from './admin/admin-server.ts'
export type { AdminSource } from './admin/admin-source.ts'
export type { Reload, Reloaded } from './admin/changes.ts'
export type { ExplainAnswer } from './admin/explain-query.ts'
export type {
  AdminStatus,
  BalancerStatus,
  ClassSkill,
  ClassStatus,
  Incident,
  IncidentKind,
  Percentiles,
  Recent,
  StatusChange,
  Totals,
} from './admin/status-document.ts'
export type { WorkerLoad, WorkerStatus } from './admin/worker-status.ts'
export {
  classifyByAttribute,
  classifyWithSize,
  type SizeAttributes,
} from './classify/by-attribute.ts'
export { classifyByConversation } from './classify/by-conversation.ts'
export { classifyByHost } from './classify/by-host.ts'
export { classifyByPattern } from './classify/by-pattern.ts'
export { classifyByVersion, splitVersion } from './classify/by-version.ts'
export type { Classification, Classifier } from './classify/classifier.ts'
export type { Discovery, DiscoveryListener } from './discovery/discovery.ts'
export { fixedWorkers } from './discovery/fixed.ts'
export { type ListedOptions, type ListedWorkers, listedWorkers } from './discovery/listed.ts'
export { type ZooKeeperOptions, zookeeperWorkers } from './discovery/zookeeper.ts'
export { StateError } from './errors.ts'
export type {
  EndedRequest,
  LoadBalancerEventMap,
  LoadBalancerEvents,
  RefusedInput,
  RequestInProgress,
  RequestOutcome,
  TroubledRequest,
  UnreadCause,
} from './events.ts'
export type { BodyView } from './http/body-view.ts'
export type { ConnectionRefusal, FailureName, RefusedConnection } from './http/failures.ts'
export type { RequestView } from './http/request-view.ts'
export type { AttachableServer } from './listener/listener.ts'
export type { AttachOptions } from './listener/listeners.ts'
export { Certificates, type CertificatesOptions } from './listener/tls/certificates.ts'
export { createTlsServer, type TlsServerOptions } from './listener/tls/server.ts'
export { LoadBalancer } from './load-balancer.ts'
export { defaultPool, type LoadBalancerOptions, type PoolWorker } from './load-balancer-options.ts'
export { type BalancingOptions, defaultBalancingOptions, type LiveLimit } from './options.ts'
export { createAssignment } from './pool/assignment.ts'
export type { Candidate, Explanation, Role } from './pool/explanation.ts'
export type { Member } from './pool/members.ts'
export type { PickArgs } from './pool/pick.ts'
export { ClassicPool } from './pool/policies/classic-pool.ts'
export { ClasslessPool } from './pool/policies/classless-pool.ts'
export { CostPool } from './pool/policies/cost-pool.ts'
export { RandomPool } from './pool/policies/random-pool.ts'
export { RendezvousPool } from './pool/policies/rendezvous-pool.ts'
export { RoundRobinPool } from './pool/policies/round-robin-pool.ts'
export {
  type MemberChange,
  type Policy,
  PolicyPool,
  type PresentMembers,
} from './pool/policy-pool.ts'
export type {
  Assignment,
  Outcome,
  Pool,
  Reason,
  Result,
  WorkerTraits,
  WorkerUpdate,
} from './pool/pool.ts'
export {
  createPool,
  type NamedPool,
  type OwnPool,
  type PoolKind,
  type PoolName,
  type PoolSettings,
  poolKinds,
  poolNames,
} from './pool/registry.ts'
export type { GivenSettings, SettingSpec, SettingSpecs } from './pool/settings.ts'
export { type CompositionOptions, composePool } from './pool/wrappers/compose-pool.ts'
export { type EjectionOptions, EjectionPool } from './pool/wrappers/ejection-pool.ts'
export { RequestedVersionPool } from './pool/wrappers/requested-version-pool.ts'
export { type OnVersion, SingleVersionPool } from './pool/wrappers/single-version-pool.ts'
export { StatesPool } from './pool/wrappers/states-pool.ts'
export { type SessionIds, StickyPool } from './pool/wrappers/sticky-pool.ts'
export type { PoolFactory } from './pool/wrappers/sub-pools.ts'
export type { ErrorPages, FailurePage } from './proxy/error-pages.ts'
export type { StickyOptions } from './sticky-options.ts'
export type { RunTimeChanges } from './workers/run-time-changes.ts'
export type { WorkerSnapshot } from './workers/worker.ts'
export type { Missing } from './workers/worker-set.ts'
export type { GivenWorker, WorkerAddress, WorkerShare, WorkerSpec } from './workers/worker-spec.ts'

/** The public names of @resumelb/protocol. */

export { type Chain, isLink, type Link, linkOf, maxChainLength } from './chain.ts'
export { type ClassStanding, classStanding } from './class-standing.ts'
export { Connection } from './connection.ts'
export type { ConnectionHandler } from './connection-handler.ts'
export { type DialledSocket, type DialTls, dial } from './dial.ts'
export {
  type ConnectionCode,
  connectionCodes,
  HeadTooLongError,
  isRefusal,
  ProtocolError,
  type ResetCode,
  resetCodes,
} from './errors.ts'
export { maxHeadLength, protocolVersion } from './frame.ts'
export {
  type HandedClass,
  type HandOver,
  knowsStep,
  type PlannedHome,
  type SampleRequest,
} from './hand-over.ts'
export { fieldOf, joinHeaders, splitHeaders, upgradeOf, withUpgrade } from './header-block.ts'
export {
  type Hello,
  type Identity,
  type Limits,
  type Load,
  maxCapacity,
  minCapacity,
  type Role,
  type WarmthSummary,
  type WarmUpProgress,
  type WorkerHello,
} from './hello.ts'
export { guessedGrowth, knownPart, lineReach } from './known-part.ts'
export { LinkPlaces } from './link-places.ts'
export {
  plainEnd,
  type Report,
  type RequestHead,
  type ResponseHead,
  type StreamEnd,
} from './message.ts'
export {
  type ConnectionOptions,
  defaultConnectionOptions,
  resolveConnectionOptions,
} from './options.ts'
export { Probe } from './probe.ts'
export {
  maxClassLength,
  maxMeasure,
  maxRate,
  maxSeconds,
  maxUnits,
  minScore,
  type OthersLoad,
  type RequestClass,
  type Resume,
  type ResumeChanges,
  type Skill,
  type WorkerState,
} from './resume.ts'
export { Stream } from './stream.ts'
export type { StreamHandler } from './stream-handler.ts'
export { explainTls } from './tls/explain.ts'
export {
  type PeerCertificateFiles,
  PeerCertificates,
  type PeerCertificatesOptions,
  peerCertificatesFrom,
} from './tls/peer-certificates.ts'
export { takeChanges, type WarmthChanges } from './warmth.ts'

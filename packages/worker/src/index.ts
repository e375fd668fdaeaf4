/** The public names of @resumelb/worker. */
export {
  type Logger,
  type LogMethod,
  OptionError,
  silentLogger,
  unlimitedConcurrency,
} from '@resumelb/common'
export {
  type DialTls,
  type PeerCertificateFiles,
  PeerCertificates,
  type PeerCertificatesOptions,
} from '@resumelb/protocol'
export { defaultResumeOptions, ResumeKeeper, type ResumeOptions } from '@resumelb/resume'
export { RequestRefusedError } from './errors.ts'
export type { FetchHandler } from './fetch-listener.ts'
export { defaultResumeTimeout, getResume, type WorkerFacts } from './get-resume.ts'
export type { Handler } from './handler.ts'
export type { RequestListener, UpgradeListener } from './http/listeners.ts'
export type { HandlerRequest, RequestFacts } from './http/request-facts.ts'
export type { MaintenanceOptions } from './maintenance.ts'
export type {
  DrainOptions,
  WorkerOptions,
  WorkerSettings,
} from './options.ts'
export {
  type RegisterOptions,
  registerWorker,
  type WorkerRegistration,
} from './registration/register-worker.ts'
export type { WarmFunction, WarmUpOptions } from './warm-up/options.ts'
export { Worker } from './worker.ts'
export type { WorkerContext } from './worker-context.ts'

/** The public names of @resumelb/resume. */
export { NewClassPublisher } from './new-class-publisher.ts'
export {
  defaultResumeOptions,
  type ResolvedResumeOptions,
  type ResumeOptions,
  resolveResumeOptions,
  resumeTable,
} from './options.ts'
export { urgentPeriod } from './pending-changes.ts'
export { ResumeKeeper } from './resume-keeper.ts'
export { type RecordedRequests, ResumeStore } from './resume-store.ts'
export { type RequestSize, type ServedRequest, uncachedUnits } from './served-request.ts'
export { type EstimatedLoad, ServiceEstimate } from './service-estimate.ts'
export { type SizedHead, SizedRequest } from './sized-request.ts'
export { WarmLinks } from './warm-links.ts'
export { WarmthPublisher } from './warmth-publisher.ts'

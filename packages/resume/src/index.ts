/** The public names of @resumelb/resume. */
export {
  defaultResumeOptions,
  type ResolvedResumeOptions,
  type ResumeOptions,
  resolveResumeOptions,
  resumeTable,
} from './options.ts'
export { ResumeKeeper } from './resume-keeper.ts'
export { type RecordedRequests, ResumeStore } from './resume-store.ts'
export { type EstimatedLoad, ServiceEstimate } from './service-estimate.ts'

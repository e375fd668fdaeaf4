/** The public names of @resumelb/protocol. */
export {
  maxClassLength,
  type OthersLoad,
  type RequestClass,
  type Resume,
  type ResumeChanges,
  type Skill,
  type WorkerState,
} from './resume.ts'

/** The public names of @resumelb/worker. */
export { OptionError } from './errors.ts'
export type { ResumeOptions } from './resume/options.ts'
export { ResumeKeeper } from './resume/resume-keeper.ts'
export type { SavedSkill } from './resume/skill-record.ts'

/** What `get-worker-resume --json` prints. */
import type { Skill } from '@resumelb/protocol'
import type { WorkerFacts } from '../get-resume.ts'

/** The answer of one worker; without one, it has only `address` and `error`. */
export interface ResumeDocument extends Partial<Omit<WorkerFacts, 'resume'>> {
  /** The address of the worker. */
  readonly address: string
  /** Why there is no answer, or with `--wait` what is still missing. */
  readonly error?: string | undefined
  /** The skills of the worker, by class. */
  readonly resume?: Readonly<Record<string, Skill>>
}

/** The HELLO that this side sends. A worker's HELLO has as much of its résumé as fits. */
import type { Buffer } from 'node:buffer'
import { maxResumeLength } from './frame.ts'
import type { Identity, Limits } from './hello.ts'
import { packHello } from './preface.ts'
import type { Skill } from './resume.ts'
import { ResumeCutter } from './resume-cutter.ts'

/** Maximum bytes of a résumé in a HELLO; the rest follows in RESUME frames. */
const maxHelloResumeLength: number = maxResumeLength / 2

export interface OwnHello {
  readonly payload: Buffer
  /** The skills that do not fit into the HELLO. */
  readonly rest: ResumeCutter<Skill> | undefined
}

/** Throws an `OptionError` if the texts in the identity are too long. */
export function ownHello(identity: Identity, { window, maxStreams }: Limits): OwnHello {
  const { worker, ...self } = identity
  const hello = { ...self, limits: { window, maxStreams } }
  if (worker === undefined) return { payload: packHello(hello), rest: undefined }
  const cutter = new ResumeCutter(worker.resume)
  const resume = cutter.take(maxHelloResumeLength)
  const full = { ...hello, worker: { ...worker, resume } }
  const moreSkills = worker.resume.size - resume.size
  if (moreSkills === 0) return { payload: packHello(full), rest: undefined }
  return { payload: packHello({ ...full, moreSkills }), rest: cutter }
}

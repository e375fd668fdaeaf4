/** Passes what was measured of `http://` workers on to the process that replaces this one. */
import type { ChildProcess } from 'node:child_process'
import { type Logger, within } from '@resumelb/common'
import type { RequestClass, Resume, Skill } from '@resumelb/protocol'
import type { Inheritance } from './inheritance.ts'
import { type HandoverMessage, messageOf } from './messages.ts'

/** Most skills that are passed on: about 10 MB. Each worker has an equal part. */
const maxSkills = 100_000

/** Skills in one message, so that none delays requests. */
const pieceLength = 1_000

/** Milliseconds that a successor waits for the résumés; without them, it measures again. */
const receiveTimeout = 10_000

/** One end of the channel between the two processes. */
type Receiver = Pick<NodeJS.Process, 'on' | 'off' | 'connected'>

/** Sends the résumés, with the classes used last if there are too many. */
export async function sendResumes(
  child: Pick<ChildProcess, 'connected' | 'send'>,
  resumes: ReadonlyMap<string, Resume>,
): Promise<void> {
  const share = Math.floor(maxSkills / resumes.size)
  for (const [worker, resume] of resumes) {
    // The class used last is the last one.
    const skills = [...resume].slice(-share)
    for (let at = 0; at < skills.length; at += pieceLength) {
      const piece = skills.slice(at, at + pieceLength)
      await send(child, { handover: 'resume', worker, skills: piece })
    }
  }
  await send(child, { handover: 'resumes-sent' })
}

/** Resolves when the message is on its way, or the other process has ended. */
function send(
  child: Pick<ChildProcess, 'connected' | 'send'>,
  message: HandoverMessage,
): Promise<void> {
  return new Promise((resolve) => {
    if (child.connected) child.send(message, () => resolve())
    else resolve()
  })
}

/** What the process before this one has measured, if it sends that. */
export async function inheritedResumes(
  { predecessor }: Inheritance,
  log: Logger,
): Promise<ReadonlyMap<string, Resume>> {
  if (!predecessor?.sendsResumes) return new Map()
  const resumes = await receiveResumes(process)
  const classes = [...resumes.values()].reduce((sum, { size }) => sum + size, 0)
  if (classes > 0) log.info({ workers: resumes.size, classes }, 'measured résumés taken over')
  return resumes
}

/**
 * Receives the résumés in the successor. Resolves with those that have come when all have, when the
 * predecessor has ended, or when it takes too long.
 */
export async function receiveResumes(process: Receiver): Promise<ReadonlyMap<string, Resume>> {
  const resumes = new Map<string, Map<RequestClass, Skill>>()
  let onMessage: (message: unknown) => void = () => undefined
  let onEnd: () => void = () => undefined
  const received = new Promise<void>((resolve) => {
    onEnd = resolve
    onMessage = (message) => {
      const piece = messageOf(message, 'resume')
      if (piece !== undefined) add(resumes, piece.worker, piece.skills)
      else if (messageOf(message, 'resumes-sent') !== undefined) resolve()
    }
  })
  process.on('disconnect', onEnd)
  process.on('message', onMessage)
  if (process.connected) await within(receiveTimeout, received)
  process.off('message', onMessage)
  process.off('disconnect', onEnd)
  return resumes
}

function add(
  resumes: Map<string, Map<RequestClass, Skill>>,
  worker: string,
  skills: Iterable<readonly [RequestClass, Skill]>,
): void {
  const resume = resumes.get(worker) ?? new Map<RequestClass, Skill>()
  resumes.set(worker, resume)
  for (const [requestClass, skill] of skills) resume.set(requestClass, skill)
}

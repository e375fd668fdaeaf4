/** Passes what was measured of `http://` workers on to the process that replaces this one. */
import type { ChildProcess } from 'node:child_process'
import { type Logger, within } from '@resumelb/common'
import type { Link, RequestClass, Skill } from '@resumelb/protocol'
import type { MeasuredResumes } from '../../workers/upstream/measured-resume.ts'
import type { Inheritance } from './inheritance.ts'
import { type HandoverMessage, messageOf } from './messages.ts'

/** Most skills that are passed on: about 10 MB. Each worker has an equal part. */
const maxSkills = 100_000

/** Most warm links that are passed on, the same way: about 3 MB. */
const maxLinks = 200_000

/** Skills, or links, in one message, so that none delays requests. */
const pieceLength = 1_000

/** Milliseconds that a successor waits for the résumés; without them, it measures again. */
const receiveTimeout = 10_000

/** One end of the channel between the two processes. */
type Receiver = Pick<NodeJS.Process, 'on' | 'off' | 'connected'>

/** Sends the résumés, with the classes used last if there are too many. */
export async function sendResumes(
  child: Pick<ChildProcess, 'connected' | 'send'>,
  resumes: MeasuredResumes,
): Promise<void> {
  for (const [worker, measured] of resumes) {
    // The class, and the link, used last is the last one.
    const skills = [...measured.skills].slice(-Math.floor(maxSkills / resumes.size))
    for (const piece of piecesOf(skills)) {
      await send(child, { handover: 'resume', worker, skills: piece })
    }
    const links = measured.links.slice(-Math.floor(maxLinks / resumes.size))
    for (const piece of piecesOf(links)) {
      await send(child, { handover: 'links', worker, links: piece })
    }
  }
  await send(child, { handover: 'resumes-sent' })
}

function piecesOf<Item>(all: readonly Item[]): (readonly Item[])[] {
  const pieces: (readonly Item[])[] = []
  for (let at = 0; at < all.length; at += pieceLength) pieces.push(all.slice(at, at + pieceLength))
  return pieces
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
): Promise<MeasuredResumes> {
  if (!predecessor?.sendsResumes) return new Map()
  const resumes = await receiveResumes(process)
  const classes = [...resumes.values()].reduce((sum, { skills }) => sum + skills.size, 0)
  if (classes > 0) log.info({ workers: resumes.size, classes }, 'measured résumés taken over')
  return resumes
}

/**
 * Receives the résumés in the successor. Resolves with those that have come when all have, when the
 * predecessor has ended, or when it takes too long.
 */
export async function receiveResumes(process: Receiver): Promise<MeasuredResumes> {
  const resumes = new Map<string, Received>()
  let onMessage: (message: unknown) => void = () => undefined
  let onEnd: () => void = () => undefined
  const received = new Promise<void>((resolve) => {
    onEnd = resolve
    onMessage = (message) => {
      const piece = messageOf(message, 'resume')
      const links = messageOf(message, 'links')
      if (piece !== undefined) {
        const { skills } = receivedOf(resumes, piece.worker)
        for (const [requestClass, skill] of piece.skills) skills.set(requestClass, skill)
      } else if (links !== undefined) {
        receivedOf(resumes, links.worker).links.push(...links.links)
      } else if (messageOf(message, 'resumes-sent') !== undefined) resolve()
    }
  })
  process.on('disconnect', onEnd)
  process.on('message', onMessage)
  if (process.connected) await within(receiveTimeout, received)
  process.off('message', onMessage)
  process.off('disconnect', onEnd)
  return resumes
}

/** What has come of one worker. */
interface Received {
  readonly skills: Map<RequestClass, Skill>
  readonly links: Link[]
}

function receivedOf(resumes: Map<string, Received>, worker: string): Received {
  const received = resumes.get(worker) ?? { skills: new Map(), links: [] }
  resumes.set(worker, received)
  return received
}

/** What the two processes of a hand-over tell each other. */
import type { Link, RequestClass, Skill } from '@resumelb/protocol'

/**
 * `resume`: a piece of what was measured of an `http://` worker, for the successor; `links`: a piece
 * of what it is warm for, the least recently used first; after `resumes-sent` there are no more.
 * `ready`: the successor serves clients. `released`: its predecessor has closed what only one of
 * them can have.
 */
export type HandoverMessage =
  | {
      readonly handover: 'resume'
      readonly worker: string
      readonly skills: readonly (readonly [RequestClass, Skill])[]
    }
  | {
      readonly handover: 'links'
      readonly worker: string
      readonly links: readonly Link[]
    }
  | { readonly handover: 'resumes-sent' | 'ready' | 'released' }

/** The message, if it is of this kind. */
export function messageOf<Kind extends HandoverMessage['handover']>(
  message: unknown,
  kind: Kind,
): Extract<HandoverMessage, { readonly handover: Kind }> | undefined {
  const given = message as Partial<HandoverMessage> | null
  if (given?.handover !== kind) return undefined
  return given as Extract<HandoverMessage, { readonly handover: Kind }>
}

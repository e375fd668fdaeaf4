/**
 * The states of a link to a worker. Pure.
 *
 *     connecting ──▶ ready ◀──▶ leaving
 *       ▲   │          │           │
 *       │   ▼          ▼           ▼
 *      waiting ◀───────┘        closed     (which can be entered from everywhere)
 */
import type { Connection } from '@resumelb/protocol'
import { StateError } from '../errors.ts'

export type LinkState =
  /** Connecting, or waiting for the worker's HELLO. */
  | { readonly is: 'connecting'; readonly giveUp: () => void }
  /** Can be given requests. `since` is a time in milliseconds. */
  | { readonly is: 'ready'; readonly connection: Connection; readonly since: number }
  /** Not reachable; a timer starts the next attempt. */
  | { readonly is: 'waiting'; readonly giveUp: () => void }
  /** No longer wanted: finishes its requests. */
  | { readonly is: 'leaving'; readonly connection: Connection; readonly since: number }
  | { readonly is: 'closed' }

export type LinkStateName = LinkState['is']

export const nextLinkStates: Readonly<Record<LinkStateName, readonly LinkStateName[]>> = {
  connecting: ['ready', 'waiting', 'closed'],
  ready: ['waiting', 'leaving', 'closed'],
  waiting: ['connecting', 'closed'],
  leaving: ['ready', 'closed'],
  closed: [],
}

/** Throws a {@link StateError} for a transition that is not in the table. */
export function checkLinkStep(from: LinkStateName, to: LinkStateName): void {
  if (nextLinkStates[from].includes(to)) return
  throw new StateError(`a link cannot go from ${from} to ${to}`)
}

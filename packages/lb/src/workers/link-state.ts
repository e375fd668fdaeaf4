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
  /** Dialling, or waiting for the worker's HELLO. */
  | { readonly is: 'connecting'; readonly giveUp: () => void }
  /** May be given requests. `since` is an instant in milliseconds. */
  | { readonly is: 'ready'; readonly connection: Connection; readonly since: number }
  /** Not reachable; the next try comes by itself. */
  | { readonly is: 'waiting'; readonly giveUp: () => void }
  /** No longer wanted: finishes what it has. */
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

/** Throws a {@link StateError} unless the table allows the step. */
export function checkLinkStep(from: LinkStateName, to: LinkStateName): void {
  if (nextLinkStates[from].includes(to)) return
  throw new StateError(`a link cannot go from ${from} to ${to}`)
}

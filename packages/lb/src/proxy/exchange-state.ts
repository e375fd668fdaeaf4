/**
 * The states of an exchange, and what leads from one to the next. Pure.
 *
 *     collecting ──▶ asked ◀──▶ waiting
 *         │          │ ▲ retry
 *         ▼          ▼
 *      waiting    answering ──▶ over      (which can be entered from everywhere)
 */
import { StateError } from '../errors.ts'

export type ExchangeState =
  /** No worker was looked for yet; a short body is being collected. */
  | 'collecting'
  /** There was no worker for it. */
  | 'waiting'
  /** A worker has it and has not answered. */
  | 'asked'
  /** The response goes to the client. */
  | 'answering'
  /** All of the response was given to the client's connection, or nothing more will be. */
  | 'over'

export type ExchangeEvent =
  /** A worker has got the request, the first time or again. */
  | 'assigned'
  /** No worker can take it for now. */
  | 'queued'
  /** The head of the response has come. */
  | 'answered'
  /** The response is whole, the exchange was given up, or the client has left. */
  | 'ended'

const nextExchangeStates: Readonly<
  Record<ExchangeState, Readonly<Partial<Record<ExchangeEvent, ExchangeState>>>>
> = {
  collecting: { assigned: 'asked', queued: 'waiting', ended: 'over' },
  waiting: { assigned: 'asked', ended: 'over' },
  asked: { assigned: 'asked', queued: 'waiting', answered: 'answering', ended: 'over' },
  answering: { ended: 'over' },
  over: {},
}

/**
 * The state after an event. Throws a {@link StateError} for one that cannot happen in this state.
 */
export function nextExchangeState(state: ExchangeState, event: ExchangeEvent): ExchangeState {
  const next = nextExchangeStates[state][event]
  if (next === undefined) throw new StateError(`an exchange that is ${state} cannot be ${event}`)
  return next
}

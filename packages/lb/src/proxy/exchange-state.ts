/**
 * The states of an exchange, and their transitions. Pure.
 *
 *     collecting ──▶ asked ◀──▶ waiting
 *         │          │ ▲ retry  │
 *         ▼          ▼          ▼
 *      waiting    answering ──▶ over      (which can be entered from everywhere)
 *                 upgraded  ──▶
 *
 * From `asked`, a crash of the worker leads to `held`, and from there to `asked` or `waiting`.
 */
import { StateError } from '../errors.ts'

export type ExchangeState =
  /** No worker was chosen yet; a short body is being collected. */
  | 'collecting'
  /** In the queue, because no worker was available. */
  | 'waiting'
  /** A worker has the request and has not answered. */
  | 'asked'
  /** The worker that had the request has crashed; see `CrashRecovery`. */
  | 'held'
  /** The response is being sent to the client. */
  | 'answering'
  /** The worker has granted an upgrade; bytes pass in both directions. */
  | 'upgraded'
  /** The client's connection has been given the whole response, or gets no more of it. */
  | 'over'

export type ExchangeEvent =
  /** The request was sent to a worker, for the first time or again. */
  | 'assigned'
  /** No worker can take it now. */
  | 'queued'
  /** The worker has crashed, and the request may be repeated. */
  | 'crashed'
  /** The head of the response has arrived. */
  | 'answered'
  /** The worker has granted the upgrade that the client asks for. */
  | 'granted'
  /** The response is complete, the exchange was aborted, or the client has disconnected. */
  | 'ended'

const nextExchangeStates: Readonly<
  Record<ExchangeState, Readonly<Partial<Record<ExchangeEvent, ExchangeState>>>>
> = {
  collecting: { assigned: 'asked', queued: 'waiting', ended: 'over' },
  waiting: { assigned: 'asked', ended: 'over' },
  asked: {
    assigned: 'asked',
    queued: 'waiting',
    crashed: 'held',
    answered: 'answering',
    granted: 'upgraded',
    ended: 'over',
  },
  held: { assigned: 'asked', queued: 'waiting', ended: 'over' },
  answering: { ended: 'over' },
  upgraded: { ended: 'over' },
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

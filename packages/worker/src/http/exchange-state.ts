/**
 * The states of an exchange, and their transitions. Pure.
 *
 *     responding ──▶ sending ──▶ over
 *         │                       ▲
 *         └───────▶ closing ──────┘
 */

export type ExchangeState =
  /** The handler has not completed the response. */
  | 'responding'
  /** The response is complete, and its last bytes are being sent. */
  | 'sending'
  /** It was aborted before the response was complete; the handler is about to be notified. */
  | 'closing'
  /** The response was sent, or never will be. */
  | 'over'

export type ExchangeEvent =
  /** The handler has ended its response. */
  | 'completed'
  /**
   * The client disconnected, the request was refused, or the application has destroyed its socket.
   */
  | 'givenUp'
  /** The last byte of the response was sent. */
  | 'left'
  /** The request and the response are closed. */
  | 'closed'

const nextExchangeStates: Readonly<
  Record<ExchangeState, Readonly<Record<ExchangeEvent, ExchangeState>>>
> = {
  responding: { completed: 'sending', givenUp: 'closing', left: 'over', closed: 'over' },
  // Too late to abort: the worker has done its part.
  sending: { completed: 'sending', givenUp: 'sending', left: 'over', closed: 'over' },
  // Handlers that have not noticed still complete their response.
  closing: { completed: 'closing', givenUp: 'closing', left: 'over', closed: 'over' },
  over: { completed: 'over', givenUp: 'over', left: 'over', closed: 'over' },
}

/** The next state; the same state if the event changes nothing. */
export function nextExchangeState(state: ExchangeState, event: ExchangeEvent): ExchangeState {
  return nextExchangeStates[state][event]
}

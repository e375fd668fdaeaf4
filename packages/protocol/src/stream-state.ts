/**
 * The states of a stream, as one end of it sees them, and their transitions. Pure.
 *
 *                              idle
 *             request sent  │        │  request received
 *                           ▼        ▼
 *          openAwaitingHead            openOwingHead
 *           │           │ response head │         │
 *   END sent│           └──────▶ open ◀─┘         │ END received
 *           ▼                  │      │           ▼
 *   halfClosedAwaitingHead     │      │   halfClosedOwingHead
 *                 │    END sent│      │END received │
 *    response head│            ▼      ▼             │response head
 *                 └▶ halfClosedLocal  halfClosedRemote ◀┘
 *                       END received│  │END sent
 *                                   ▼  ▼
 *                                  closed
 *
 * An end that sends RESET is in `reset` until the peer has sent END or RESET; if the peer has done
 * so already, the stream is closed at once. A received RESET closes the stream from every state,
 * and is answered by a RESET if this end has sent neither END nor RESET. So both ends agree, frame
 * by frame, on when a stream is closed.
 */

/** `local` is the direction in which this end sends, `remote` the other. */
export type StreamState =
  /** The request has not been sent or received. */
  | 'idle'
  /** At a balancer: the response head has not arrived; the request is in progress, or complete. */
  | 'openAwaitingHead'
  | 'halfClosedAwaitingHead'
  /** At a worker: the response head has not been sent; the request is in progress, or complete. */
  | 'openOwingHead'
  | 'halfClosedOwingHead'
  /** The response head was sent or received: both directions are in progress, or one has ended. */
  | 'open'
  | 'halfClosedLocal'
  | 'halfClosedRemote'
  /**
   * This end has sent RESET, and discards what arrives; the response head may have arrived or not.
   */
  | 'resetAwaitingHead'
  | 'reset'
  | 'closed'

/** What this end sends or receives. A head is the final one, `Interim` a head that precedes it. */
export const streamEvents = [
  'sendRequest',
  'sendInterim',
  'sendHead',
  'sendBody',
  'sendEnd',
  'sendReset',
  'sendCredit',
  'receiveRequest',
  'receiveInterim',
  'receiveHead',
  'receiveBody',
  'receiveEnd',
  'receiveReset',
  'receiveCredit',
  /** The connection has ended. */
  'disconnect',
] as const

export type StreamEvent = (typeof streamEvents)[number]

/** A state and its transitions. */
export type StateRow = { readonly name: StreamState } & Readonly<Record<StreamEvent, Transition>>

/** A transition. */
export interface Transition {
  /**
   * - `enter`: the state is now `to`.
   * - `answer`: likewise, and a RESET is sent in reply to the peer's.
   * - `ignore`: nothing is sent: the stream was reset, or this direction has ended.
   * - `mistake`: this program has sent something out of order.
   * - `violation`: the peer has sent something out of order.
   */
  readonly does: 'enter' | 'answer' | 'ignore' | 'mistake' | 'violation'
  readonly to: StateRow
  /** What is wrong, following "stream 7 ", for a `mistake` or a `violation`; otherwise empty. */
  readonly why: string
}

type Outcome = StreamState | 'answer' | 'ignore' | { readonly mistake: string } | Violation
interface Violation {
  readonly violation: string
}
type Row = Readonly<Record<StreamEvent, Outcome>>

const requestSentTwice = { mistake: 'has sent its request already' }
const requestCameTwice = { violation: 'has a second request' }
const noRequest = { mistake: 'has no request yet' }
const noRequestCame = { violation: 'has not been opened' }
const secondHead = { mistake: 'has sent its response head already' }
const noHead = { mistake: 'has not sent its response head yet' }
const secondHeadCame = { violation: 'has a second response head' }
const bodyBeforeHead = { violation: 'has a body before its response head' }
const endBeforeHead = { violation: 'ends before its response head' }
const afterEnd = { violation: 'goes on after its end' }

/** What may be sent in a phase of this end's direction. */
const sending = {
  head: { sendBody: noHead, sendEnd: noHead },
  body: { sendInterim: secondHead, sendHead: secondHead },
  over: { sendInterim: 'ignore', sendHead: 'ignore', sendBody: 'ignore', sendEnd: 'ignore' },
} as const

/** What may be received in a phase of the peer's direction. */
const receiving = {
  head: { receiveBody: bodyBeforeHead, receiveEnd: endBeforeHead },
  body: { receiveInterim: secondHeadCame, receiveHead: secondHeadCame },
  over: {
    sendCredit: 'ignore',
    receiveInterim: afterEnd,
    receiveHead: afterEnd,
    receiveBody: afterEnd,
    receiveEnd: afterEnd,
  },
} as const

/** For a stream whose request was sent or received. */
const begun = {
  sendRequest: requestSentTwice,
  receiveRequest: requestCameTwice,
  receiveReset: 'closed',
  disconnect: 'closed',
} as const

const table: Readonly<Record<StreamState, Row>> = {
  idle: {
    sendRequest: 'openAwaitingHead',
    receiveRequest: 'openOwingHead',
    sendInterim: noRequest,
    sendHead: noRequest,
    sendBody: noRequest,
    sendEnd: noRequest,
    sendReset: noRequest,
    sendCredit: noRequest,
    receiveInterim: noRequestCame,
    receiveHead: noRequestCame,
    receiveBody: noRequestCame,
    receiveEnd: noRequestCame,
    receiveReset: noRequestCame,
    receiveCredit: noRequestCame,
    disconnect: 'closed',
  },
  openAwaitingHead: {
    ...begun,
    ...sending.body,
    sendBody: 'openAwaitingHead',
    sendEnd: 'halfClosedAwaitingHead',
    sendReset: 'resetAwaitingHead',
    sendCredit: 'openAwaitingHead',
    ...receiving.head,
    receiveInterim: 'openAwaitingHead',
    receiveHead: 'open',
    receiveReset: 'answer',
    receiveCredit: 'openAwaitingHead',
  },
  halfClosedAwaitingHead: {
    ...begun,
    ...sending.over,
    sendReset: 'resetAwaitingHead',
    sendCredit: 'halfClosedAwaitingHead',
    ...receiving.head,
    receiveInterim: 'halfClosedAwaitingHead',
    receiveHead: 'halfClosedLocal',
    receiveCredit: 'halfClosedAwaitingHead',
  },
  openOwingHead: {
    ...begun,
    ...sending.head,
    sendInterim: 'openOwingHead',
    sendHead: 'open',
    sendReset: 'reset',
    sendCredit: 'openOwingHead',
    ...receiving.body,
    receiveBody: 'openOwingHead',
    receiveEnd: 'halfClosedOwingHead',
    receiveReset: 'answer',
    receiveCredit: 'openOwingHead',
  },
  halfClosedOwingHead: {
    ...begun,
    ...sending.head,
    sendInterim: 'halfClosedOwingHead',
    sendHead: 'halfClosedRemote',
    sendReset: 'closed',
    ...receiving.over,
    receiveReset: 'answer',
    receiveCredit: 'halfClosedOwingHead',
  },
  open: {
    ...begun,
    ...sending.body,
    sendBody: 'open',
    sendEnd: 'halfClosedLocal',
    sendReset: 'reset',
    sendCredit: 'open',
    ...receiving.body,
    receiveBody: 'open',
    receiveEnd: 'halfClosedRemote',
    receiveReset: 'answer',
    receiveCredit: 'open',
  },
  halfClosedLocal: {
    ...begun,
    ...sending.over,
    sendReset: 'reset',
    sendCredit: 'halfClosedLocal',
    ...receiving.body,
    receiveBody: 'halfClosedLocal',
    receiveEnd: 'closed',
    receiveCredit: 'halfClosedLocal',
  },
  halfClosedRemote: {
    ...begun,
    ...sending.body,
    sendBody: 'halfClosedRemote',
    sendEnd: 'closed',
    sendReset: 'closed',
    ...receiving.over,
    receiveReset: 'answer',
    receiveCredit: 'halfClosedRemote',
  },
  resetAwaitingHead: {
    ...begun,
    ...sending.over,
    sendReset: 'ignore',
    sendCredit: 'ignore',
    ...receiving.head,
    receiveInterim: 'resetAwaitingHead',
    receiveHead: 'reset',
    receiveCredit: 'resetAwaitingHead',
  },
  reset: {
    ...begun,
    ...sending.over,
    sendReset: 'ignore',
    sendCredit: 'ignore',
    ...receiving.body,
    receiveBody: 'reset',
    receiveEnd: 'closed',
    receiveCredit: 'reset',
  },
  closed: {
    ...begun,
    ...sending.over,
    sendReset: 'ignore',
    ...receiving.over,
    receiveReset: 'ignore',
    receiveCredit: 'ignore',
    disconnect: 'ignore',
  },
}

/**
 * The rows of the table by name. All have the same fields in the same order, so that looking up an
 * event, which a stream does several times per request, costs no more than reading a field.
 */
export const streamStates: Readonly<Record<StreamState, StateRow>> = linkRows()

function linkRows(): Record<StreamState, StateRow> {
  const names = Object.keys(table) as StreamState[]
  const rows = Object.fromEntries(names.map((name) => [name, { name }])) as Record<
    StreamState,
    { name: StreamState } & Record<StreamEvent, Transition>
  >
  for (const name of names) {
    for (const event of streamEvents)
      rows[name][event] = transitionOf(rows, name, table[name][event])
  }
  return rows
}

function transitionOf(
  rows: Readonly<Record<StreamState, StateRow>>,
  from: StreamState,
  outcome: Outcome,
): Transition {
  if (typeof outcome === 'object') {
    return 'mistake' in outcome
      ? { does: 'mistake', to: rows[from], why: outcome.mistake }
      : { does: 'violation', to: rows[from], why: outcome.violation }
  }
  if (outcome === 'answer') return { does: 'answer', to: rows.closed, why: '' }
  if (outcome === 'ignore') return { does: 'ignore', to: rows[from], why: '' }
  return { does: 'enter', to: rows[outcome], why: '' }
}

/** What can go wrong between two ends of a connection, and what each is called on the wire. */

/** Why a connection ended. The numbers go over the wire in GOODBYE; SPEC.md explains each. */
export const connectionCodes = {
  /** The peer closed as it should. */
  CLOSED: 0,
  /** The first bytes were not those of a resumelb peer. */
  NOT_RESUMELB: 1,
  /** The peer speaks another version of the protocol. */
  UNSUPPORTED_VERSION: 2,
  /** No HELLO came in time. */
  HELLO_TIMEOUT: 3,
  /** A frame of a type that does not exist, or of one that this side must not get. */
  UNKNOWN_FRAME: 4,
  /** A frame longer than agreed. */
  FRAME_TOO_LONG: 5,
  /** A payload that is not what its frame type says. */
  BAD_MESSAGE: 6,
  /** A frame for a stream that never was or is finished, or that has no place in it now. */
  BAD_STREAM: 7,
  /** More body bytes than the window allowed, or more credit than was ever spent. */
  WINDOW_EXCEEDED: 8,
  /** More streams at once than agreed. */
  TOO_MANY_STREAMS: 9,
  /** Nothing was heard from the peer in time, though the connection stands. */
  SILENCE_TIMEOUT: 10,
  /** The connection broke without a GOODBYE. */
  DISCONNECTED: 11,
  /** This side could not connect. */
  UNREACHABLE: 12,
  /** A mistake in the program at one of the ends: its handler threw an error. */
  INTERNAL: 13,
  /** The peer did not take what was sent to it, though it speaks. */
  WRITE_TIMEOUT: 14,
  /** The peer wanted more than this side allows: too long a résumé, too many connections. */
  LIMIT_EXCEEDED: 15,
} as const

export type ConnectionCode = keyof typeof connectionCodes

/** Why a stream was given up. The numbers go over the wire in RESET. */
export const resetCodes = {
  /** Nobody wants the rest, for instance because the client left. */
  CANCELLED: 0,
  /** The response, or the request, broke off. */
  FAILED: 1,
  /** The request was not looked at and may safely be given to another worker. */
  REFUSED: 2,
  /** It took longer than allowed. */
  TIMEOUT: 3,
  /** The connection ended under the stream. Never sent. */
  DISCONNECTED: 4,
  /** From a worker: the application wants the client's connection closed, and nothing repeated. */
  ABORTED: 5,
} as const

export type ResetCode = keyof typeof resetCodes

/** A connection that ended, or never began, otherwise than by `close()`. */
export class ProtocolError extends Error {
  readonly code: ConnectionCode

  constructor(code: ConnectionCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ProtocolError'
    this.code = code
  }
}

/** The fields of a request, a response or a trailer are more than one frame holds. Nothing was sent. */
export class HeadTooLongError extends Error {
  constructor(length: number, most: number) {
    super(`head of ${length} bytes, at most ${most}`)
    this.name = 'HeadTooLongError'
  }
}

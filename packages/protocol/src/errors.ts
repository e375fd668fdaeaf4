/** The error codes of the protocol. */

/** Why a connection ended. The numbers are sent in GOODBYE; SPEC.md explains them. */
export const connectionCodes = {
  /** An orderly end. */
  CLOSED: 0,
  /** The first bytes were not a HELLO. */
  NOT_RESUMELB: 1,
  /** The peer uses another version of the protocol. */
  UNSUPPORTED_VERSION: 2,
  /** No HELLO arrived in time. */
  HELLO_TIMEOUT: 3,
  /** A frame of an unknown type, or of one that the peer's role must not send. */
  UNKNOWN_FRAME: 4,
  /** A frame above the limit of its type. */
  FRAME_TOO_LONG: 5,
  /** An invalid payload. */
  BAD_MESSAGE: 6,
  /** A frame for a stream that does not exist, or that its state does not allow. */
  BAD_STREAM: 7,
  /** More body bytes than the window allows, or more credit than was spent. */
  WINDOW_EXCEEDED: 8,
  /** More open streams than `maxStreams`. */
  TOO_MANY_STREAMS: 9,
  /** Nothing was received for too long on an open connection. */
  SILENCE_TIMEOUT: 10,
  /** The connection was lost without a GOODBYE. */
  DISCONNECTED: 11,
  /** The connection could not be opened. */
  UNREACHABLE: 12,
  /** An internal error at one of the ends: its handler threw an error. */
  INTERNAL: 13,
  /** The peer sends, but read nothing for too long. */
  WRITE_TIMEOUT: 14,
  /** The peer exceeds a limit of this side: length of a résumé, number of connections. */
  LIMIT_EXCEEDED: 15,
  /** A certificate was refused, or only one of the two sides speaks TLS. */
  TLS_FAILED: 16,
} as const

export type ConnectionCode = keyof typeof connectionCodes

/** Why a stream was reset. The numbers are sent in RESET. */
export const resetCodes = {
  /** The rest is not needed, for instance because the client disconnected. */
  CANCELLED: 0,
  /** The request or the response was aborted. */
  FAILED: 1,
  /** The request was not processed at all, and may safely be sent to another worker. */
  REFUSED: 2,
  /** A time limit was exceeded. */
  TIMEOUT: 3,
  /** The connection ended while the stream was open. Never sent. */
  DISCONNECTED: 4,
  /** From a worker: the application wants the client's connection closed, and no retry. */
  ABORTED: 5,
  /**
   * The same as REFUSED, of a request that its head calls movable: requests of other classes have
   * all slots, and take too long.
   */
  BLOCKED: 6,
  /** The same as BLOCKED, but requests of the same class are among those that take too long. */
  SELF_BLOCKED: 7,
} as const

export type ResetCode = keyof typeof resetCodes

/** Whether the request was not processed at all, and may safely be sent to another worker. */
export function isRefusal(code: ResetCode | undefined): boolean {
  return code === 'REFUSED' || code === 'BLOCKED' || code === 'SELF_BLOCKED'
}

/** A connection that ended, or could not be opened, other than by `close()`. */
export class ProtocolError extends Error {
  readonly code: ConnectionCode

  constructor(code: ConnectionCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ProtocolError'
    this.code = code
  }
}

/** The fields of a request, a response or a trailer do not fit into a frame. Nothing was sent. */
export class HeadTooLongError extends Error {
  constructor(length: number, most: number) {
    super(`head of ${length} bytes, at most ${most}`)
    this.name = 'HeadTooLongError'
  }
}

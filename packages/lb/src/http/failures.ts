/** Which failure gives the client which status: the one table. */

/** What a failure means to the client and to the log. */
export interface Failure {
  readonly status: number
  /** Whether the response has a Retry-After field. */
  readonly retryAfter: boolean
  /** One sentence, for the client and the log. */
  readonly message: string
}

export type FailureName =
  | 'ABORTED'
  | 'BAD_BODY'
  | 'BAD_EXPECTATION'
  | 'BAD_FRAMING'
  | 'BAD_HOST'
  | 'BAD_REQUEST'
  | 'BAD_TARGET'
  | 'BAD_UPGRADE'
  | 'BAD_VERSION'
  | 'CLIENT_SILENT'
  | 'CLIENT_LEFT'
  | 'CLOSING'
  | 'CUT_OFF'
  | 'HEAD_LATE'
  | 'HEAD_TOO_LONG'
  | 'NO_WORKER'
  | 'REFUSED'
  | 'ROOM_FULL'
  | 'TARGET_TOO_LONG'
  | 'TOO_LATE'
  | 'TWO_HOSTS'
  | 'UNKNOWN_CODING'
  | 'UNKNOWN_METHOD'
  | 'WORKER_BROKE'
  | 'WORKER_LOST'

export const failures: Readonly<Record<FailureName, Failure>> = {
  /** Only in the log: there is no client to answer. The status that nginx uses. */
  CLIENT_LEFT: { status: 499, retryAfter: false, message: 'The client left.' },
  /** Only in the log: the client's connection is closed, as with nginx's 444. */
  ABORTED: { status: 444, retryAfter: false, message: 'The application closed the connection.' },
  /** RFC 9112 §3.2: whoever looks at another of them would see another site. */
  TWO_HOSTS: { status: 400, retryAfter: false, message: 'The request has more than one Host.' },
  BAD_REQUEST: { status: 400, retryAfter: false, message: 'The request is not valid HTTP/1.' },
  BAD_TARGET: { status: 400, retryAfter: false, message: 'The request has no valid target.' },
  BAD_HOST: { status: 400, retryAfter: false, message: 'The request has no valid Host.' },
  /** RFC 9112 §6.3: nobody could say where it ends, or two readers would differ. */
  BAD_FRAMING: {
    status: 400,
    retryAfter: false,
    message: 'The request has no valid length.',
  },
  BAD_BODY: { status: 400, retryAfter: false, message: 'The body of the request is not valid.' },
  HEAD_LATE: {
    status: 408,
    retryAfter: false,
    message: 'The head of the request did not arrive in time.',
  },
  TARGET_TOO_LONG: { status: 414, retryAfter: false, message: 'The target is too long.' },
  BAD_EXPECTATION: {
    status: 417,
    retryAfter: false,
    message: 'Only the expectation 100-continue is supported.',
  },
  CLIENT_SILENT: { status: 408, retryAfter: false, message: 'The request did not arrive in time.' },
  /** No frame holds it, though the server that has read it allows it. */
  HEAD_TOO_LONG: {
    status: 431,
    retryAfter: false,
    message: 'The head of the request is too long.',
  },
  UNKNOWN_CODING: {
    status: 501,
    retryAfter: false,
    message: 'Only the transfer coding chunked is supported.',
  },
  UNKNOWN_METHOD: { status: 501, retryAfter: false, message: 'The method is not supported.' },
  BAD_VERSION: { status: 505, retryAfter: false, message: 'Only HTTP/1 is supported here.' },
  BAD_UPGRADE: { status: 501, retryAfter: false, message: 'Upgrades are not supported here.' },
  /** The worker, or the connection to it, broke before its response began. */
  WORKER_LOST: { status: 502, retryAfter: false, message: 'The request could not be finished.' },
  /** The worker's response is not one that HTTP can carry. */
  WORKER_BROKE: { status: 502, retryAfter: false, message: 'The response was not valid.' },
  NO_WORKER: { status: 503, retryAfter: true, message: 'No worker is available.' },
  ROOM_FULL: { status: 503, retryAfter: true, message: 'Too many requests are waiting.' },
  /** Every worker tried is about to leave, and none has looked at the request. */
  REFUSED: { status: 503, retryAfter: true, message: 'No worker accepted the request.' },
  /** The load balancer had to leave before the worker answered, who may have begun. */
  CUT_OFF: { status: 503, retryAfter: false, message: 'The load balancer is closing.' },
  CLOSING: { status: 503, retryAfter: true, message: 'The load balancer is closing.' },
  TOO_LATE: { status: 504, retryAfter: false, message: 'The response did not begin in time.' },
}

/** The one table of failures: the status and the message that a client gets for each. */

/** What the load balancer answers and logs for a failure. */
export interface Failure {
  readonly status: number
  /** Whether the response has a Retry-After field. */
  readonly retryAfter: boolean
  /** One sentence, for the client and the log. */
  readonly message: string
}

export type FailureName =
  | 'BAD_BODY'
  | 'BAD_FRAMES'
  | 'BAD_FRAMING'
  | 'BAD_HANDSHAKE'
  | 'BAD_HOST'
  | 'BAD_REQUEST'
  | 'BAD_TARGET'
  | 'CLASS_LIMIT'
  | 'CLASS_SUSPENDED'
  | 'CLIENT_DISCONNECTED'
  | 'CLIENT_TIMEOUT'
  | 'CLOSED_BY_APPLICATION'
  | 'CONNECT_NOT_ALLOWED'
  | 'DRAIN_TIMEOUT'
  | 'DUPLICATE_HOST'
  | 'HEADERS_TIMEOUT'
  | 'HEADERS_TOO_LARGE'
  | 'INVALID_RESPONSE'
  | 'NO_WORKER'
  | 'QUEUE_FULL'
  | 'REFUSED'
  | 'RESPONSE_TIMEOUT'
  | 'SHUTTING_DOWN'
  | 'TOO_MANY_RESETS'
  | 'TUNNEL_TIMEOUT'
  | 'UNSUPPORTED_CODING'
  | 'UNSUPPORTED_EXPECTATION'
  | 'UNSUPPORTED_METHOD'
  | 'UNSUPPORTED_UPGRADE'
  | 'UNSUPPORTED_VERSION'
  | 'URI_TOO_LONG'
  | 'WORKER_LOST'
  | 'WORKER_LOST_TWICE'

/**
 * Why a connection was closed before it carried anything:
 *
 * - `BAD_PROXY_HEADER`: its PROXY protocol header was missing, wrong or not trusted.
 * - `TOO_MANY_CONNECTIONS`: as many connections as the server may have were open.
 * - `ACCEPT_FAILED`: the system could not accept it, for instance for want of file descriptors.
 */
export type ConnectionRefusal = 'BAD_PROXY_HEADER' | 'TOO_MANY_CONNECTIONS' | 'ACCEPT_FAILED'

/** A connection of a client, or of a proxy in front, that was closed before it carried anything. */
export interface RefusedConnection {
  readonly cause: ConnectionRefusal
  /** For humans. */
  readonly reason: string
  /** Empty if it is unknown. */
  readonly remoteAddress: string
}

export const failures: Readonly<Record<FailureName, Failure>> = {
  /** Only logged: there is no client to answer. nginx uses the same status. */
  CLIENT_DISCONNECTED: { status: 499, retryAfter: false, message: 'The client disconnected.' },
  /** Only logged: the client's connection is closed without a response, as with nginx's 444. */
  CLOSED_BY_APPLICATION: {
    status: 444,
    retryAfter: false,
    message: 'The application closed the connection.',
  },
  /** RFC 9112 §3.2. Two readers could choose different ones, and so different sites. */
  DUPLICATE_HOST: {
    status: 400,
    retryAfter: false,
    message: 'The request has more than one Host.',
  },
  /** Only logged, as are the next two: the connection is closed. */
  BAD_HANDSHAKE: { status: 400, retryAfter: false, message: 'The TLS handshake failed.' },
  BAD_FRAMES: { status: 400, retryAfter: false, message: 'The frames are not valid HTTP/2.' },
  TOO_MANY_RESETS: {
    status: 429,
    retryAfter: false,
    message: 'The client cancelled too many requests.',
  },
  BAD_REQUEST: { status: 400, retryAfter: false, message: 'The request is not valid HTTP.' },
  BAD_TARGET: { status: 400, retryAfter: false, message: 'The request has no valid target.' },
  BAD_HOST: { status: 400, retryAfter: false, message: 'The request has no valid Host.' },
  /** RFC 9112 §6.3. The end of the request is unknown or ambiguous (request smuggling). */
  BAD_FRAMING: {
    status: 400,
    retryAfter: false,
    message: 'The request has no valid length.',
  },
  BAD_BODY: { status: 400, retryAfter: false, message: 'The body of the request is not valid.' },
  HEADERS_TIMEOUT: {
    status: 408,
    retryAfter: false,
    message: 'The head of the request did not arrive in time.',
  },
  URI_TOO_LONG: { status: 414, retryAfter: false, message: 'The target is too long.' },
  UNSUPPORTED_EXPECTATION: {
    status: 417,
    retryAfter: false,
    message: 'Only the expectation 100-continue is supported.',
  },
  /** The client stopped sending its request or reading its response. */
  CLIENT_TIMEOUT: {
    status: 408,
    retryAfter: false,
    message: 'The request did not arrive in time.',
  },
  /** Above the limit of the server, or too long for one frame of the protocol. */
  HEADERS_TOO_LARGE: {
    status: 431,
    retryAfter: false,
    message: 'The head of the request is too long.',
  },
  UNSUPPORTED_CODING: {
    status: 501,
    retryAfter: false,
    message: 'Only the transfer coding chunked is supported.',
  },
  CONNECT_NOT_ALLOWED: { status: 405, retryAfter: false, message: 'CONNECT is not supported.' },
  /** Only logged: an upgraded connection, which has no further response, was idle for too long. */
  TUNNEL_TIMEOUT: { status: 101, retryAfter: false, message: 'The upgraded connection was idle.' },
  UNSUPPORTED_METHOD: { status: 501, retryAfter: false, message: 'The method is not supported.' },
  UNSUPPORTED_VERSION: {
    status: 505,
    retryAfter: false,
    message: 'Only HTTP/1 is supported here.',
  },
  UNSUPPORTED_UPGRADE: {
    status: 501,
    retryAfter: false,
    message: 'The upgrade is not supported.',
  },
  /** The worker, or the connection to it, failed before the response began. */
  WORKER_LOST: { status: 502, retryAfter: false, message: 'The request could not be finished.' },
  /** Two workers have crashed while they had the request. It is not repeated any more. */
  WORKER_LOST_TWICE: {
    status: 502,
    retryAfter: false,
    message: 'The request could not be finished.',
  },
  /** Requests of the class crash workers, and the last worker is kept for other classes. */
  CLASS_SUSPENDED: {
    status: 503,
    retryAfter: true,
    message: 'Requests of this kind are not served for the moment.',
  },
  /** The worker's response cannot be sent as HTTP. */
  INVALID_RESPONSE: { status: 502, retryAfter: false, message: 'The response was not valid.' },
  NO_WORKER: { status: 503, retryAfter: true, message: 'No worker is available.' },
  /** As many requests of the class as `--class-limit` allows are in progress. */
  CLASS_LIMIT: {
    status: 429,
    retryAfter: true,
    message: 'Too many requests of this kind are in progress.',
  },
  QUEUE_FULL: { status: 503, retryAfter: true, message: 'Too many requests are waiting.' },
  /** Every worker that was tried is draining, and none has processed any of the request. */
  REFUSED: { status: 503, retryAfter: true, message: 'No worker accepted the request.' },
  /** The drain timeout ran out before the worker answered; it may have processed the request. */
  DRAIN_TIMEOUT: { status: 503, retryAfter: false, message: 'The load balancer is closing.' },
  SHUTTING_DOWN: { status: 503, retryAfter: true, message: 'The load balancer is closing.' },
  RESPONSE_TIMEOUT: {
    status: 504,
    retryAfter: false,
    message: 'The response did not begin in time.',
  },
}

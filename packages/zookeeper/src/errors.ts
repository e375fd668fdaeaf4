/** What can go wrong, for those who catch it. */

/**
 * - `NO_NODE`, `NODE_EXISTS`, `NOT_EMPTY`, `NO_AUTH`, `BAD_VERSION`, `INVALID_ACL`,
 *   `NO_CHILDREN_FOR_EPHEMERALS`: the server's answer.
 * - `SERVER_ERROR`: another answer of the server; the message has its number.
 * - `CONNECTION_LOSS`, `SESSION_EXPIRED`: the call was in progress, and may have taken effect.
 * - `TIMEOUT`: no answer within the deadline.
 * - `UNREACHABLE`: no server could be reached within the time that was given.
 * - `AUTH_FAILED`: the server refuses the credentials' scheme.
 * - `CLOSED`: the session has been closed.
 * - `BAD_REQUEST`: the call was refused before it was sent, for example a malformed path.
 * - `LINK_LOOP`, `BAD_LINK`: a link leads back to itself, or is not written as a link.
 * - `TOO_MANY`: a limit of this package is reached; the message names it.
 */
export type ZooKeeperErrorCode =
  | 'NO_NODE'
  | 'NODE_EXISTS'
  | 'NOT_EMPTY'
  | 'NO_AUTH'
  | 'BAD_VERSION'
  | 'INVALID_ACL'
  | 'NO_CHILDREN_FOR_EPHEMERALS'
  | 'SERVER_ERROR'
  | 'CONNECTION_LOSS'
  | 'SESSION_EXPIRED'
  | 'TIMEOUT'
  | 'UNREACHABLE'
  | 'AUTH_FAILED'
  | 'CLOSED'
  | 'BAD_REQUEST'
  | 'LINK_LOOP'
  | 'BAD_LINK'
  | 'TOO_MANY'

/** ZooKeeper, or the way to it, did not do what was asked. */
export class ZooKeeperError extends Error {
  override readonly name: string = 'ZooKeeperError'
  readonly code: ZooKeeperErrorCode

  constructor(code: ZooKeeperErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Says whether the error is ZooKeeper's, with one of these codes. */
export function hasCode(error: unknown, ...codes: ZooKeeperErrorCode[]): error is ZooKeeperError {
  return error instanceof ZooKeeperError && codes.includes(error.code)
}

/** The text of a tree cannot be understood. */
export class TreeSyntaxError extends Error {
  override readonly name: string = 'TreeSyntaxError'
  /** From 1. */
  readonly line: number

  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`)
    this.line = line
  }
}

/** Errors that handlers may throw. */

/**
 * A handler throws it, or rejects with it, to pass a request that it has not begun to another
 * worker, whatever the method. If a part of the response was sent already, the response is aborted.
 */
export class RequestRefusedError extends Error {
  override readonly name = 'RequestRefusedError'
}

/** What can go wrong when a worker runs. */

/**
 * A handler throws it, or rejects with it, to have a request that it has not begun with given to
 * another worker, whatever the method. Afterwards, when part of the response has left, the response
 * breaks off.
 */
export class RequestRefusedError extends Error {
  override readonly name = 'RequestRefusedError'
}

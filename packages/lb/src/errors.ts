/** Errors of this package only. */

/** A state transition that must never happen: a bug in this package. */
export class StateError extends Error {
  override readonly name = 'StateError'
}

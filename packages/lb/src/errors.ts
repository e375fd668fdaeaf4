/** The errors that only this package has. */

/** A step that must never happen: our own mistake. */
export class StateError extends Error {
  override readonly name = 'StateError'
}

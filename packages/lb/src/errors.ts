/** The errors that callers of this package may want to tell apart. */

/** An option or a setting has a value that it cannot have: the operator's mistake. */
export class OptionError extends Error {
  override readonly name = 'OptionError'
  readonly option: string
  readonly expectation: string
  readonly value: unknown

  /** `expectation` ends the sentence that begins with "Expected OPTION to be". */
  constructor(option: string, expectation: string, value: unknown, options?: ErrorOptions) {
    super(`Expected ${option} to be ${expectation}, got ${describe(value)}`, options)
    this.option = option
    this.expectation = expectation
    this.value = value
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}

/** A step that must never happen: our own mistake. */
export class StateError extends Error {
  override readonly name = 'StateError'
}

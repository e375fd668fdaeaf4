/** What can be wrong when a worker is set up or run. */

/** A setting that cannot be: the message names it, what it should be and what it is. */
export class OptionError extends Error {
  override readonly name = 'OptionError'
  readonly option: string
  readonly expectation: string
  readonly value: unknown

  constructor(option: string, expectation: string, value: unknown) {
    super(`Expected ${option} to be ${expectation}, got ${String(value)}`)
    this.option = option
    this.expectation = expectation
    this.value = value
  }
}

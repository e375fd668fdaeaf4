/** The operator's mistake: one class for all packages, so that `instanceof` holds everywhere. */

export interface OptionErrorDetails extends ErrorOptions {
  /** What to add in parentheses: why the value is none, or a hint. */
  readonly reason?: string
  /** What the message says came, where the value itself is not to be shown: a password. */
  readonly shown?: string
}

/** Characters of a text that a message shows. */
const maxShown = 500

/** An option or a setting has a value that it cannot have. The message names all three. */
export class OptionError extends Error {
  override readonly name = 'OptionError'
  readonly option: string
  readonly expectation: string
  readonly value: unknown
  /** Why the value is none, or a hint; part of the message. */
  readonly reason: string | undefined

  /** `expectation` ends the sentence that begins with "Expected OPTION to be". */
  constructor(
    option: string,
    expectation: string,
    value: unknown,
    { reason, shown = describe(value), ...options }: OptionErrorDetails = {},
  ) {
    const end = reason === undefined ? '' : ` (${reason})`
    super(`Expected ${option} to be ${expectation}, got ${shown}${end}`, options)
    this.option = option
    this.expectation = expectation
    this.value = value
    this.reason = reason
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `'${shortened(value)}'`
  if (typeof value === 'function') return `the function ${value.name || '(anonymous)'}`
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
}

function shortened(text: string): string {
  return text.length <= maxShown ? text : `${text.slice(0, maxShown)}...`
}

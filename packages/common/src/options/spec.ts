/**
 * What an option is: one table per set of options says everything, and types, checks, command
 * lines, configuration files, `--help` and the reference are made of it. Pure.
 */

/** What all kinds of options have. */
interface AnySpec {
  /** One line that ends without a full stop. */
  readonly help: string
  /** Other names on the command line: a letter, or a whole name. */
  readonly alias?: string | readonly string[]
  /** What `--help` says of an option without a default: what is the case then. */
  readonly otherwise?: string
}

/** A number from `min` to `max`, both included. */
export interface NumberSpec extends AnySpec {
  readonly type?: 'number'
  readonly default?: number
  readonly min: number
  readonly max: number
  readonly whole?: true
  /**
   * What is counted. Commands take times in seconds, or with a unit (`500ms`, `2m`), and bytes with
   * `k`, `m` or `g`.
   */
  readonly unit?: 'ms' | 's' | 'bytes'
}

export interface TextSpec extends AnySpec {
  readonly type: 'text'
  readonly default?: string
  /** What a value looks like, as in "Expected --path to be FORM". */
  readonly form: string
  readonly check?: TextCheck
}

/** Throws an `OptionError` for a text that `option` cannot be. */
export type TextCheck = (text: string, option: string) => unknown

/** One word of a few. Case does not matter. */
export interface ChoiceSpec extends AnySpec {
  readonly type: 'choice'
  readonly default?: string
  readonly choices: readonly string[]
}

export interface FlagSpec extends AnySpec {
  readonly type: 'flag'
  readonly default?: boolean
}

/** Texts, one for each time that the option is given. */
export interface ListSpec extends AnySpec {
  readonly type: 'list'
  readonly default?: readonly string[]
  /** What one of them looks like. */
  readonly form: string
  /** Checks each of them. */
  readonly check?: TextCheck
}

export type OptionSpec = NumberSpec | TextSpec | ChoiceSpec | FlagSpec | ListSpec

/** Options by their names in programs: `maxRetries`. */
export type OptionTable = Readonly<Record<string, OptionSpec>>

/** The value of an option. */
export type OptionValue<Spec> = Spec extends { readonly type: 'text' | 'choice' }
  ? string
  : Spec extends { readonly type: 'flag' }
    ? boolean
    : Spec extends { readonly type: 'list' }
      ? readonly string[]
      : number

/** What may be given for the options of a table. */
export type GivenOptions<Table> = {
  readonly [Name in keyof Table]?: OptionValue<Table[Name]>
}

/** The values of the options of a table, with the defaults that there are. */
export type OptionValues<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends { readonly default: unknown }
    ? OptionValue<Table[Name]>
    : OptionValue<Table[Name]> | undefined
}

/** The defaults of a table's options. */
export function defaultsOf<Table extends OptionTable>(table: Table): OptionValues<Table> {
  const defaults = Object.entries(table).map(([name, spec]) => [name, spec.default])
  return Object.fromEntries(defaults) as OptionValues<Table>
}

/** `maxRetries` as `max-retries`, which is its name on command lines and in files. */
export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** The other names of an option on the command line. */
export function aliasesOf({ alias = [] }: OptionSpec): readonly string[] {
  return typeof alias === 'string' ? [alias] : alias
}

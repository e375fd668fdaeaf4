/** What a command takes: the source of its parser, of `--help` and of the reference. */
import type { OptionTable } from '../options/spec.ts'

/** Options under a heading of `--help`. */
export interface OptionGroup {
  readonly title: string
  readonly options: OptionTable
}

/** A command of a command, such as `import` of `resumelb-tree`. */
export interface Subcommand {
  readonly name: string
  /** Its positional words as yargs writes them: `[FILE] [PATH]`, `<PATH> <PROPERTY..>`. */
  readonly words: string
  readonly help: string
  readonly options: OptionTable
}

export interface CommandSyntax {
  readonly name: string
  readonly version: string
  /** How it is called, without the name: one line each. */
  readonly usage: readonly string[]
  /** What it does; its own line breaks are kept. */
  readonly description: string
  readonly groups: readonly OptionGroup[]
  readonly subcommands?: readonly Subcommand[]
  /** Whether `--config FILE` gives options; names of further keys that such a file may have. */
  readonly config?: OptionTable
  readonly examples: readonly (readonly [command: string, says: string])[]
  /** Lines after the options. */
  readonly epilogue: readonly string[]
}

/** The names of a subcommand's positional words. */
export function positionalsOf({ words }: Subcommand): readonly string[] {
  return words.match(/\w+/g) ?? []
}

/** All options of a command, those of its subcommands included. */
export function optionsOf(syntax: CommandSyntax): OptionTable {
  const tables = [
    ...syntax.groups.map(({ options }) => options),
    ...(syntax.subcommands ?? []).map(({ options }) => options),
    syntax.config === undefined ? {} : configOption,
  ]
  return Object.assign({}, ...tables)
}

export const configOption = {
  config: {
    type: 'text',
    form: 'the path of a YAML or JSON file',
    help: 'YAML or JSON file with any of these options; the command line takes precedence',
  },
} as const

/** What every command has. */
export const ownOptions = {
  help: { type: 'flag', alias: 'h', help: 'Show this help' },
  version: { type: 'flag', help: 'Show the version' },
} as const

/** Configures yargs from the tables of a command. */
import yargs, { type Argv, type Options } from 'yargs'
import { defaultText } from '../options/default-text.ts'
import { aliasesOf, kebabCase, type OptionSpec, type OptionTable } from '../options/spec.ts'
import {
  type CommandSyntax,
  configOption,
  ownOptions,
  positionalsOf,
  type Subcommand,
} from './syntax.ts'

/** Columns of `--help`. */
export const helpWidth = 100

/** Receives the parser's findings. */
export interface ParserEvents {
  /** A subcommand was named: what comes next is about its words and options. */
  onSubcommand(subcommand: Subcommand): void
  /** Something was not understood. Throws what the command says instead. */
  onMistake(message: string): never
}

export function parserOf(syntax: CommandSyntax, events: ParserEvents): Argv {
  const { name, usage, description, groups, subcommands = [], examples, epilogue } = syntax
  const parser = yargs()
    .scriptName(name)
    .locale('en')
    .usage([...usage.map((line) => `$0 ${line}`), '', description].join('\n'))
    .example(examples.map(([command, says]) => [`$0 ${command}`, says]))
    .epilogue(epilogue.join('\n'))
    .help('help', ownOptions.help.help)
    .alias('help', ownOptions.help.alias)
    .version('version', ownOptions.version.help, syntax.version)
    .strictOptions()
    .parserConfiguration({
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .wrap(helpWidth)
    .exitProcess(false)
    .fail((message) => events.onMistake(message))
  for (const { title, options } of groups) addOptions(parser, title, options)
  if (syntax.config !== undefined) addOptions(parser, 'General:', configOption)
  if (subcommands.length > 0) addSubcommands(parser, subcommands, events)
  return parser.group(Object.keys(ownOptions), 'General:')
}

function addSubcommands(
  parser: Argv,
  subcommands: readonly Subcommand[],
  events: ParserEvents,
): void {
  const names = subcommands.map(({ name }) => name).join(', ')
  parser.strict().strictCommands().demandCommand(1, `Which command? One of ${names}`)
  for (const subcommand of subcommands) {
    const { name, words, help, options } = subcommand
    parser.command(`${name} ${words}`.trim(), help, (own) => {
      events.onSubcommand(subcommand)
      // Or else yargs would take the word `-` for an option.
      own.nargs(Object.fromEntries(positionalsOf(subcommand).map((word) => [word, 1])))
      return addOptions(own, `Options of ${name}:`, options)
    })
  }
}

function addOptions(parser: Argv, group: string, options: OptionTable): Argv {
  for (const [name, spec] of Object.entries(options)) {
    parser.option(kebabCase(name), { ...yargsOption(spec), group })
  }
  return parser
}

/**
 * Values remain texts, which the tables read; so yargs gets no number types and no defaults
 * except for `--help`.
 */
function yargsOption(spec: OptionSpec): Options {
  const standard = defaultText(spec)
  const shared: Options = {
    alias: aliasesOf(spec),
    describe: spec.help,
    ...(standard !== undefined && { defaultDescription: standard }),
  }
  if (spec.type === 'flag') return { ...shared, type: 'boolean' }
  if (spec.type === 'list') return { ...shared, type: 'string', array: true, nargs: 1 }
  const isNumber = spec.type === undefined || spec.type === 'number'
  return { ...shared, ...(!isNumber && { type: 'string' as const }), nargs: 1 }
}

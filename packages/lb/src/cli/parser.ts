/** The parser that the commands of this package share. */

import { OptionError } from '@resumelb/common'
import { splitShortOptions, UsageError } from '@resumelb/common/cli'
import yargs, { type Argv, type Options } from 'yargs'
import { version } from '../version.ts'
import { readConfig } from './options.ts'

export interface CommandSyntax {
  readonly name: string
  /** Lines before the options. */
  readonly usage: readonly string[]
  readonly options: Readonly<Record<string, Options>>
  /** Letters of the short options that have a value. */
  readonly valueLetters: string
  readonly examples: readonly (readonly [command: string, says: string])[]
  /** Lines after the options. */
  readonly epilogue: readonly string[]
}

/** How a load balancer leaves, for the end of `--help`. */
export const leaving: readonly string[] = [
  'SIGTERM: finish what is in progress, then leave. SIGHUP: open the access log anew.',
  'Exit codes: 0 left as told, 1 failed or not finished in time, 2 called wrongly.',
]

/** A parser of these words, which throws a {@link UsageError} for what it does not understand. */
export function commandParser(words: readonly string[], syntax: CommandSyntax): Argv {
  const parser = yargs(splitShortOptions(words, syntax.valueLetters))
    .scriptName(syntax.name)
    .locale('en')
    .options(syntax.options)
    .config('config', 'YAML or JSON file with any of these options', readConfig)
    .example(syntax.examples.map(([command, says]) => [command, says]))
    .epilogue(syntax.epilogue.join('\n'))
    .version(version)
    .alias('help', 'h')
    .strictOptions()
    .parserConfiguration({ 'greedy-arrays': false })
    .wrap(100)
    .exitProcess(false)
    .fail((message, error) => {
      throw error instanceof OptionError ? error : new UsageError(message ?? error?.message)
    })
  for (const line of syntax.usage) parser.usage(line)
  return parser
}

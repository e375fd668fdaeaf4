/** Reads the words of a command line, and the file that they may name, into values of options. */
import { OptionError } from '../errors.ts'
import { defaultsOf, kebabCase, type OptionSpec, type OptionTable } from '../options/spec.ts'
import { readValue } from '../options/value.ts'
import { Answer, UsageError } from './command.ts'
import { type GivenValue, readConfig } from './config-file.ts'
import { mistakeOf } from './mistake.ts'
import { parserOf } from './parser.ts'
import {
  type CommandSyntax,
  optionsOf,
  ownOptions,
  positionalsOf,
  type Subcommand,
} from './syntax.ts'
import { checkFlags, findOption, namesOf, splitShortOptions } from './words.ts'

/** What was typed. */
export interface CommandLine {
  /** Words that belong to no option. */
  readonly words: readonly string[]
  /** By the option's name in programs; with the default, or undefined, where nothing was given. */
  readonly values: Readonly<Record<string, unknown>>
  /** Whether an option was given, on the command line or in the file. */
  isGiven(name: string): boolean
  /** What messages call an option: `--wait-timeout`, or its key with the file and the line. */
  labelOf(name: string): string
}

/** What yargs made of the words. */
type Parsed = Readonly<Record<string, unknown>> & { readonly _: readonly (string | number)[] }

/**
 * Reads a command line. Throws an {@link Answer} at `--help` and `--version`, and a {@link
 * UsageError} or an {@link OptionError} for what cannot be understood.
 */
export function readCommandLine(typed: readonly string[], syntax: CommandSyntax): CommandLine {
  const options = optionsOf(syntax)
  const words = splitShortOptions(typed, options)
  const { parsed, positionals } = parse(words, typed, syntax)
  checkFlags(words, { ...options, ...ownOptions })
  const given = givenIn(parsed, words, options)
  const fromFile = configOf(given, syntax)
  const all = new Map([...fromFile, ...given])
  const values = Object.fromEntries([...all].map(([name, { value }]) => [name, value]))
  return {
    words: positionals,
    values: { ...defaultsOf(options), ...values },
    isGiven: (name) => all.has(name),
    labelOf: (name) => all.get(name)?.label ?? `--${kebabCase(name)}`,
  }
}

function parse(
  words: readonly string[],
  typed: readonly string[],
  syntax: CommandSyntax,
): { readonly parsed: Parsed; readonly positionals: string[] } {
  let subcommand: Subcommand | undefined
  let answer = ''
  const parser = parserOf(syntax, {
    onSubcommand: (named) => {
      subcommand = named
    },
    onMistake: (message) => {
      throw mistakeOf(message, { words: typed, syntax, subcommand })
    },
  })
  const parsed = parser.parseSync([...words], {}, (_error, _parsed, output) => {
    answer = output
  }) as Parsed
  if (answer !== '') throw new Answer(answer)
  const own = subcommand === undefined ? [] : positionalsOf(subcommand)
  const named = own.flatMap((name) => parsed[name] ?? []).map(String)
  return { parsed, positionals: [...parsed._.map(String), ...named] }
}

function givenIn(
  parsed: Parsed,
  words: readonly string[],
  options: OptionTable,
): Map<string, GivenValue> {
  const given = new Map<string, GivenValue>()
  for (const [name, spec] of Object.entries(options)) {
    const found = parsed[name]
    if (found === undefined) continue
    const label = writtenLabel(name, spec, words)
    given.set(name, { label, value: givenValue(label, spec, found) })
  }
  return given
}

/** The long name with which an option was written, of several. */
function writtenLabel(name: string, spec: OptionSpec, words: readonly string[]): string {
  const names = namesOf(name, spec).filter((one) => one.length > 1)
  const written = [...names, `no-${kebabCase(name)}`].find(
    (one) => findOption(words, one)[0] !== -1,
  )
  return `--${written ?? kebabCase(name)}`
}

/** Of what is given twice the last one counts. */
function givenValue(label: string, spec: OptionSpec, found: unknown): unknown {
  const all = [found].flat()
  if (spec.type === 'flag') return all.at(-1)
  if (all.includes(false)) {
    throw new UsageError(`Unknown option ${label}: ${label.replace('no-', '')} takes a value`)
  }
  const read = all.map((text) => readValue(label, spec, String(text)))
  return spec.type === 'list' ? read : read.at(-1)
}

function configOf(
  given: ReadonlyMap<string, GivenValue>,
  syntax: CommandSyntax,
): ReadonlyMap<string, GivenValue> {
  const path = given.get('config')?.value
  if (syntax.config === undefined || path === undefined) return new Map()
  return readConfig(String(path), { ...optionsOf(syntax), ...syntax.config })
}

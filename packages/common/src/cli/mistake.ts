/** What a command says of what yargs did not understand. Pure. */
import { OptionError } from '../errors.ts'
import { didYouMean } from '../options/similar.ts'
import { kebabCase, type OptionSpec, type OptionTable } from '../options/spec.ts'
import { typedExpectationOf } from '../options/value.ts'
import { UsageError } from './command.ts'
import { type CommandSyntax, optionsOf, ownOptions, type Subcommand } from './syntax.ts'
import { findOption, namesOf } from './words.ts'

/** Where the mistake was made. */
interface Place {
  readonly words: readonly string[]
  readonly syntax: CommandSyntax
  readonly subcommand: Subcommand | undefined
}

/** The error for a message of yargs: one that names the option, what is expected and what came. */
export function mistakeOf(message: string, place: Place): Error {
  const [, kind, name = ''] =
    /^(Not enough arguments following|Unknown [a-z]+): ([^,]+)/.exec(message) ?? []
  const option = named(name, optionsOf(place.syntax))
  if (kind === 'Not enough arguments following' && option) return missingValue(name, option, place)
  if (kind?.startsWith('Unknown argument')) return unknownOption(name, place)
  const { syntax, subcommand, words } = place
  if (subcommand !== undefined) {
    const form = `${subcommand.name} ${subcommand.words}`
      .trim()
      .replace(/[<>]/g, '')
      .replace('..', '...')
    return new UsageError(`Expected ${form}, got ${words.join(' ')}`)
  }
  if (kind?.startsWith('Unknown command')) {
    const names = syntax.subcommands?.map((one) => one.name).join(', ')
    return new OptionError('COMMAND', `one of ${names}`, name)
  }
  return new UsageError(message)
}

function missingValue(
  name: string,
  [option, spec]: readonly [string, OptionSpec],
  { words }: Place,
): Error {
  const label = `--${name.length === 1 ? kebabCase(option) : name}`
  const next = words[findOption(words, name)[0] + 1]
  const shown = next === undefined || next === '--' ? 'nothing' : `the option ${next}`
  return new OptionError(label, typedExpectationOf(spec), undefined, { shown })
}

function unknownOption(name: string, { words, syntax, subcommand }: Place): Error {
  const negated = findOption(words, `no-${name}`)
  const [, written] = negated[0] === -1 ? findOption(words, name) : negated
  const owner = syntax.subcommands?.find(({ options }) => named(name, options) !== undefined)
  if (owner !== undefined && subcommand !== undefined) {
    return new UsageError(`${written} is an option of ${owner.name}, not of ${subcommand.name}`)
  }
  const known = optionsOf({ ...syntax, subcommands: subcommand === undefined ? [] : [subcommand] })
  const names = optionNames({ ...known, ...ownOptions })
  return new UsageError(`Unknown option ${written}${didYouMean(name, names, '--')}`)
}

function optionNames(options: OptionTable): string[] {
  const all = Object.entries(options).flatMap(([option, spec]) => namesOf(option, spec))
  return all.filter((name) => name.length > 1).map(kebabCase)
}

/** The option that has this name on the command line. */
function named(name: string, options: OptionTable): [string, OptionSpec] | undefined {
  return Object.entries(options).find(([option, spec]) => namesOf(option, spec).includes(name))
}

/** Reads the words of a command line, and the file that they may name, into values of options. */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { OptionError } from '../errors.ts'
import { didYouMean } from '../options/similar.ts'
import { aliasesOf, defaultsOf, kebabCase, type OptionSpec } from '../options/spec.ts'
import { readValue, typedExpectationOf } from '../options/value.ts'
import { Answer, UsageError } from './command.ts'
import { type GivenValue, readConfig } from './config-file.ts'
import { helpOf } from './help.ts'
import { type CommandSyntax, optionsOf } from './syntax.ts'

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

/** An option under one of the names that it has on the command line. */
interface NamedOption {
  readonly name: string
  readonly spec: OptionSpec
}

type Token = ReturnType<typeof tokensOf>[number]
type OptionToken = Extract<Token, { kind: 'option' }>

/**
 * Reads a command line. Throws an {@link Answer} at `--help` and `--version`, and a {@link UsageError} or
 * an {@link OptionError} for what cannot be understood.
 */
export function readCommandLine(words: readonly string[], syntax: CommandSyntax): CommandLine {
  const options = optionsOf(syntax)
  const named = namesOf(options)
  const positionals: string[] = []
  const given = new Map<string, GivenValue>()
  for (const token of tokensOf(words, named)) {
    if (token.kind === 'positional') positionals.push(token.value)
    else if (token.kind === 'option') take(token, named, given, syntax)
  }
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

function namesOf(options: Readonly<Record<string, OptionSpec>>): Map<string, NamedOption> {
  const named = new Map<string, NamedOption>()
  for (const [name, spec] of Object.entries(options)) {
    for (const alias of [kebabCase(name), name, ...aliasesOf(spec)])
      named.set(alias, { name, spec })
  }
  return named
}

function tokensOf(words: readonly string[], named: ReadonlyMap<string, NamedOption>) {
  const options: NonNullable<ParseArgsConfig['options']> = {}
  for (const [name, { spec }] of named) {
    const type = spec.type === 'flag' ? ('boolean' as const) : ('string' as const)
    if (name.length > 1) options[name] = { type }
    else options[`-${name}`] = { type, short: name }
  }
  const parsed = parseArgs({
    args: [...words],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  return parsed.tokens
}

function take(
  token: OptionToken,
  named: ReadonlyMap<string, NamedOption>,
  given: Map<string, GivenValue>,
  syntax: CommandSyntax,
): void {
  const typed = token.name.replace(/^-/, '')
  if (typed === 'help' || token.rawName === '-h') throw new Answer(helpOf(syntax))
  if (typed === 'version') throw new Answer(syntax.version)
  const option = named.get(typed)
  if (option === undefined) return takeNegated(token, named, given)
  const { name, spec } = option
  const label = token.rawName.startsWith('--') ? token.rawName : `--${kebabCase(name)}`
  given.set(name, { label, value: typedValue(token, label, spec, given.get(name)?.value) })
}

function typedValue(token: OptionToken, label: string, spec: OptionSpec, before: unknown): unknown {
  const text = token.rawName.length === 2 ? token.value?.replace(/^=/, '') : token.value
  if (spec.type === 'flag') return text === undefined || readValue(label, spec, text)
  const isOption = token.inlineValue === false && /^-(?!$|[\d.])/.test(text ?? '')
  if (text === undefined || isOption) {
    throw new OptionError(label, typedExpectationOf(spec), text, {
      shown: isOption ? `the option ${text}` : 'nothing',
    })
  }
  const value = readValue(label, spec, text)
  return spec.type === 'list' ? [...((before as string[] | undefined) ?? []), value] : value
}

/** `--no-NAME` for a flag. Anything else that is no option is refused. */
function takeNegated(
  token: OptionToken,
  named: ReadonlyMap<string, NamedOption>,
  given: Map<string, GivenValue>,
): void {
  const negated = token.rawName.startsWith('--no-') ? named.get(token.name.slice(3)) : undefined
  if (negated?.spec.type === 'flag' && token.value === undefined) {
    given.set(negated.name, { label: token.rawName, value: false })
    return
  }
  const names = [...named.keys()].filter((name) => name.length > 1).map(kebabCase)
  const hint =
    negated === undefined
      ? didYouMean(token.name, names, '--')
      : `: --${kebabCase(negated.name)} takes a value`
  throw new UsageError(`Unknown option ${token.rawName}${hint}`)
}

function configOf(
  given: ReadonlyMap<string, GivenValue>,
  syntax: CommandSyntax,
): ReadonlyMap<string, GivenValue> {
  const path = given.get('config')?.value
  if (syntax.config === undefined || path === undefined) return new Map()
  return readConfig(String(path), { ...optionsOf(syntax), ...syntax.config })
}

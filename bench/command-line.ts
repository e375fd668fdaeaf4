/** The command lines of the benchmarks: mistakes are answered as the product's commands do. */
import { access, constants, mkdir, open } from 'node:fs/promises'
import { endWithReader, showFailure, UsageError } from '@resumelb/common/cli'
import yargs, { type ArgumentsCamelCase, type InferredOptionTypes, type Options } from 'yargs'
import { hideBin, Parser } from 'yargs/helpers'

export interface BenchmarkOption extends Options {
  /** The least that a number may be. */
  readonly least?: number
}

export type OptionTable = Readonly<Record<string, BenchmarkOption>>

export interface Benchmark<Table extends OptionTable> {
  /** What begins its messages. */
  readonly name: string
  /** What people type to call it: `npm run compare --`. */
  readonly call: string
  readonly description: string
  readonly options: Table
}

export type Values<Table extends OptionTable> = ArgumentsCamelCase<InferredOptionTypes<Table>>

/**
 * Checks what was given, which is without defaults, for what the table cannot tell. Throws a
 * {@link UsageError}.
 */
export type Check<Table extends OptionTable> = (given: Partial<Values<Table>>) => void

/**
 * Reads the command line. A mistake ends the process; so does, from then on, a reader of its output
 * that closes the pipe, such as `head`.
 */
export async function readOptions<Table extends OptionTable>(
  benchmark: Benchmark<Table>,
  check?: Check<Table>,
): Promise<Values<Table>> {
  endWithReader()
  try {
    return await optionsFrom(hideBin(process.argv), benchmark, check)
  } catch (error) {
    return endWith(benchmark, error)
  }
}

/** The options in these words. Throws a {@link UsageError} for a mistake. */
export async function optionsFrom<Table extends OptionTable>(
  words: readonly string[],
  { call, description, options }: Benchmark<Table>,
  check: Check<Table> = () => undefined,
): Promise<Values<Table>> {
  const given = await yargs(words)
    .scriptName(call)
    .usage(`$0 [options]\n\n${description}`)
    .options(withoutDefaults(options))
    // Or else yargs would take an option without its value for one that was not given.
    .requiresArg(valuedOf(options))
    .strict()
    .locale('en')
    .version(false)
    .fail((message) => {
      throw new UsageError(message)
    })
    .parseAsync()
  checkValues(given, options)
  check(given as Partial<Values<Table>>)
  const values: Record<string, unknown> = { ...given }
  for (const [name, { default: standard }] of Object.entries(options)) {
    for (const key of [name, Parser.camelCase(name)]) values[key] ??= standard
  }
  return values as Values<Table>
}

/** So that it can be told what was given; `--help` shows the defaults all the same. */
function withoutDefaults(options: OptionTable): Record<string, Options> {
  const all = Object.entries(options).map(([name, { default: standard, least, ...others }]) => {
    const shown = standard === undefined ? undefined : [standard].flat().join(' ')
    return [name, { ...(shown && { defaultDescription: shown }), ...others }] as const
  })
  return Object.fromEntries(all)
}

/** Says what is wrong and ends the process. */
export function endWith(
  { name, call }: Pick<Benchmark<OptionTable>, 'name' | 'call'>,
  error: unknown,
): never {
  process.exit(showFailure(name, error, call))
}

/** Throws a {@link UsageError} for the first of these options that was given. */
export function refuse(
  given: Readonly<Record<string, unknown>>,
  names: readonly string[],
  because: string,
): void {
  const idle = names.find((name) => given[name] !== undefined)
  if (idle !== undefined) throw new UsageError(`--${idle} has no effect: ${because}`)
}

function valuedOf(options: OptionTable): string[] {
  const valued = Object.entries(options).filter(([, { type }]) => type !== 'boolean')
  return valued.map(([name]) => name)
}

/** What yargs lets pass: other words instead of numbers, and repetitions. */
function checkValues(values: Readonly<Record<string, unknown>>, options: OptionTable): void {
  for (const [name, { type, array = false, least = Number.NEGATIVE_INFINITY }] of Object.entries(
    options,
  )) {
    const value = values[name]
    if (!array && Array.isArray(value)) throw new UsageError(`Expected --${name} only once`)
    if (value === undefined || type !== 'number') continue
    const isRight = [value].flat().every((number) => Number(number) >= least)
    const range = Number.isFinite(least) ? ` of at least ${least}` : ''
    if (!isRight) throw new UsageError(`Expected --${name} to be a number${range}`)
  }
}

/** Creates a folder, before what takes long, and checks that files can be written there. */
export async function prepareFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true })
  await access(path, constants.W_OK)
}

/** Creates a file, before what takes long, unless there is one. */
export async function prepareFile(path: string): Promise<void> {
  const file = await open(path, 'a')
  await file.close()
}

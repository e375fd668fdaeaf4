/** Modules of the user's own: finding and importing them, and saying what is wrong with one. */
import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Clock, systemClock } from '../clock.ts'
import { OptionError } from '../errors.ts'
import { Reminder } from '../reminder.ts'

const expectation = 'a module that can be loaded'

/** Endings that Node.js loads; `.ts` from version 22.18 on. */
const loadable: ReadonlySet<string> = new Set(['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', ''])

/** Whether a text names a file, such as `./app.js`, rather than a package or something built in. */
export function namesFile(text: string): boolean {
  return /^\.{0,2}\//.test(text) || /\.[cm]?[jt]s$/.test(text)
}

/**
 * Imports a module, by a path from the current folder or a package's name. Throws an {@link
 * OptionError} for `option` if there is none or Node.js cannot load it, and an error of one line if
 * its own code fails.
 */
export async function importModule(
  option: string,
  module: string,
): Promise<Record<string, unknown>> {
  const url = namesFile(module) ? urlOfFile(option, module) : urlOfPackage(option, module)
  try {
    return await settled(import(url), `${module} (a top-level await in it)`)
  } catch (error) {
    throw explained(option, module, url, error)
  }
}

/** Milliseconds that a promise may take before standard error says what is waited for. */
const promisePatience = 10_000

/** What the wait for a promise needs of its process. */
interface Surroundings {
  readonly clock: Clock
  readonly complain: (text: string) => void
}

const thisProcess: Surroundings = {
  clock: systemClock,
  complain: (text: string) => void process.stderr.write(`${text}\n`),
}

/**
 * The result of a promise of the user's. Without it a process that has nothing else to do would end
 * without a word. Rejects if the promise can settle no more. While something else goes on it is
 * waited for without a limit, as a start may take long, but a message says so every ten seconds.
 */
export async function settled<Result>(
  promise: Result,
  what: string,
  { clock, complain }: Surroundings = thisProcess,
): Promise<Awaited<Result>> {
  const reminder = new Reminder(clock, promisePatience, (milliseconds) => {
    const seconds = Math.round(milliseconds / 1000)
    complain(`still waiting for ${what}: it made a promise that has not settled for ${seconds} s`)
  })
  reminder.begin()
  let giveUp: (() => void) | undefined
  const abandoned = new Promise<never>((_resolve, reject) => {
    giveUp = () => reject(new FailedModuleError(`${what} made a promise that never settles`))
    process.once('beforeExit', giveUp)
  })
  try {
    return await Promise.race([promise, abandoned])
  } finally {
    reminder.end()
    if (giveUp !== undefined) process.off('beforeExit', giveUp)
  }
}

/** The user's own code failed: no mistake in the command. */
export class FailedModuleError extends Error {
  override readonly name = 'FailedModuleError'
  /** Tells {@link runCommand} that the message is enough. */
  readonly code = 'FAILED_MODULE'
}

/** The failure of the user's own code as one line, with the place in it. */
export function failureIn(what: string, error: unknown): FailedModuleError {
  const place = placeOf(error)
  const text = error instanceof Error ? `${error.name}: ${firstLine(error.message)}` : String(error)
  const at = place === undefined ? '' : ` (${place})`
  return new FailedModuleError(`${what} failed: ${text}${at}`, { cause: error })
}

function urlOfFile(option: string, module: string): string {
  const path = resolve(module)
  const kind = kindOf(path)
  if (kind !== 'file') throw new OptionError(option, expectation, module, { reason: kind })
  const ending = extname(path)
  if (!loadable.has(ending)) {
    const reason = `Node.js loads no ${ending} files`
    throw new OptionError(option, expectation, module, { reason })
  }
  return pathToFileURL(path).href + versionOf(path)
}

/** When files that were imported had been changed last. */
const imported: Map<string, number> = new Map()

/** A query that makes Node.js import a file again if it has changed since it was imported first. */
function versionOf(path: string): string {
  const { mtimeMs } = statSync(path)
  const first = imported.get(path)
  if (first === undefined) imported.set(path, mtimeMs)
  if (first === undefined || first === mtimeMs) return ''
  // A CommonJS module is known by its path.
  delete createRequire(import.meta.url).cache[path]
  return `?changed=${mtimeMs}`
}

function kindOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return `there is no file ${path}`
  return stat.isFile() ? 'file' : `${path} is a folder`
}

/** Resolves packages from the working directory, not from this package. */
function urlOfPackage(option: string, name: string): string {
  const from = pathToFileURL(resolve('package.json'))
  try {
    return pathToFileURL(createRequire(from).resolve(name)).href
  } catch (cause) {
    const file = resolve(name)
    const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() === true
    const reason = isFile ? `write ./${name} for the file` : firstLine((cause as Error).message)
    throw new OptionError(option, expectation, name, { reason, cause })
  }
}

function explained(option: string, module: string, url: string, error: unknown): Error {
  if (error instanceof FailedModuleError) return error
  if (!(error instanceof Error)) return failureIn(module, error)
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    const reason = `it imports what is missing: ${firstLine(error.message)}`
    return new OptionError(option, expectation, module, { reason, cause: error })
  }
  const advice = moduleKindAdvice(error)
  if (error instanceof SyntaxError || advice !== undefined) {
    const place = placeOf(error) ?? placeOfSyntaxError(url)
    const at = place === undefined ? '' : ` at ${place}`
    const fault = `${error.name}${at}: ${firstLine(error.message)}`
    const reason = advice === undefined ? fault : `${fault}: ${advice}`
    return new OptionError(option, expectation, module, { reason, cause: error })
  }
  if (code?.startsWith('ERR_UNKNOWN_FILE_EXTENSION')) {
    const reason = `${process.version} of Node.js does not load it; compile it, or use 22.18 or newer`
    return new OptionError(option, expectation, module, { reason, cause: error })
  }
  return failureIn(module, error)
}

/** What to do if Node.js takes a CommonJS module for an ES module, or the other way round. */
function moduleKindAdvice({ message }: Error): string | undefined {
  if (/ is not defined in ES module scope/.test(message)) {
    return `Node.js takes the file for an ES module; rename it to .cjs, or write "type": "commonjs" in the nearest package.json`
  }
  if (
    /^(?:Cannot use import |Cannot use 'import\.meta' |Unexpected token 'export')/.test(message)
  ) {
    return `Node.js takes the file for CommonJS; rename it to .mjs, or write "type": "module" in the nearest package.json`
  }
  return undefined
}

/** `FILE:LINE` where an error was thrown, outside of Node.js and of packages. */
function placeOf(error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  for (const line of stack.split('\n')) {
    const [, file, number] = /((?:file:\/\/)?\/[^\s()]+?):(\d+)(?::\d+)?\)?$/.exec(line) ?? []
    if (file === undefined || /node:internal|\/node_modules\//.test(line)) continue
    return `${pathOf(file)}:${number}`
  }
  return undefined
}

/**
 * The place that Node.js tells only when a syntax error ends a process. Nothing of the module runs:
 * that begins when all it imports has been read.
 */
function placeOfSyntaxError(url: string): string | undefined {
  const code = `await import(${JSON.stringify(url)})`
  // What is preloaded here may be needed to read the module, or may refuse to run in another
  // process.
  for (const preloads of [process.execArgv, []]) {
    const args = [...preloads, '--input-type=module', '--eval', code]
    const { stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 10_000 })
    const [, file, line] = /^(file:\/\/\S+|\/\S+):(\d+)$/m.exec(stderr) ?? []
    if (file !== undefined) return `${pathOf(file)}:${line}`
  }
  return undefined
}

function pathOf(file: string): string {
  return file.startsWith('file:') ? fileURLToPath(file) : file
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}

/** What all commands do around their work: exit codes, and errors that people can read. */
import { OptionError } from '../errors.ts'

/** Something is wrong with what the command was given, not with the world. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** A question about the command, such as `--help`, which its text answers: the command is done. */
export class Answer extends Error {
  override readonly name = 'Answer'
}

/** Exit code for a command that was called wrongly. Others fail with 1. */
const usageCode = 2

/** Runs a command and ends the process with its exit code. */
export async function runCommand(
  name: string,
  work: (words: readonly string[]) => Promise<number>,
): Promise<never> {
  let code: number
  try {
    code = await work(process.argv.slice(2))
  } catch (error) {
    if (error instanceof Answer) await answer(error.message)
    code = showFailure(name, error)
  }
  process.exit(code)
}

/**
 * Says on standard error why a command has failed. `call` is what people type to call it. Returns
 * the exit code.
 */
export function showFailure(name: string, error: unknown, call: string = name): number {
  const { code, message } = failureOf(error)
  process.stderr.write(`${name}: ${message}\n`)
  if (code === usageCode) process.stderr.write(`Try: ${call} --help\n`)
  return code
}

/** Prints a text, all of it, and ends the process. */
async function answer(text: string): Promise<never> {
  await new Promise((resolve) => process.stdout.write(`${text}\n`, resolve))
  process.exit(0)
}

/** What a command that fails says, and its exit code. */
export function failureOf(error: unknown): { readonly code: number; readonly message: string } {
  const isUsage = error instanceof UsageError || error instanceof OptionError
  return isUsage
    ? { code: usageCode, message: error.message }
    : { code: 1, message: explain(error) }
}

/** What the world refused is a message; a mistake of the program's is shown with its stack. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  const isExpected = typeof code === 'string' && !code.startsWith('ERR_')
  return isExpected ? error.message : (error.stack ?? error.message)
}

/**
 * Ends the process, with 0, when the reader of its output has closed the pipe, such as `head`. For
 * commands that only print.
 */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
}

/** What all commands do around their work: exit codes, and errors that people can read. */
import { OptionError } from '../errors.ts'

/** Something is wrong with what the command was given, not with the world. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Exit code for a command that was called wrongly. Others fail with 1. */
const usageCode = 2

/** Runs a command and ends the process with its exit code. */
export async function runCommand(name: string, work: () => Promise<number>): Promise<never> {
  let code: number
  try {
    code = await work()
  } catch (error) {
    const isUsage = error instanceof UsageError || error instanceof OptionError
    process.stderr.write(`${name}: ${isUsage ? error.message : explain(error)}\n`)
    if (isUsage) process.stderr.write(`Try: ${name} --help\n`)
    code = isUsage ? usageCode : 1
  }
  process.exit(code)
}

/** What the world refused is a message; a mistake of the program's is shown with its stack. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  const isExpected = typeof code === 'string' && !code.startsWith('ERR_')
  return isExpected ? error.message : (error.stack ?? error.message)
}

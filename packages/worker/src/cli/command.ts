/** What both commands do around their work: exit status, and errors that people can read. */
import { OptionError as AddressError } from '@resumelb/protocol'
import { OptionError } from '../errors.ts'

/** Something is wrong with what was typed: the message says what. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Exit status of a command that was called wrongly. Others fail with 1. */
const usageStatus = 2

/**
 * Runs a command and ends the process with its exit status. `isPlain` tells the errors whose message
 * is for people; others are shown with their stack.
 */
export async function runCommand(
  name: string,
  work: () => Promise<number>,
  isPlain: (error: unknown) => boolean = () => false,
): Promise<never> {
  try {
    process.exit(await work())
  } catch (error) {
    const isUsage = [UsageError, OptionError, AddressError].some((kind) => error instanceof kind)
    const { message, stack } = error instanceof Error ? error : new Error(String(error))
    console.error(`${name}: ${isUsage || isPlain(error) ? message : (stack ?? message)}`)
    if (isUsage) console.error(`Try: ${name} --help`)
    process.exit(isUsage ? usageStatus : 1)
  }
}

/**
 * Of an option that was given several times, the last counts, so that scripts can add to a command.
 * What was typed for a number must be one, from `min`: yargs makes NaN of anything.
 */
export function lastNumber(name: string, min: number): (value: unknown) => number | undefined {
  return (value) => {
    const number: unknown = Array.isArray(value) ? value.at(-1) : value
    if (number === undefined) return undefined
    if (typeof number === 'number' && number >= min) return number
    throw new UsageError(`Expected --${name} to be a number from ${min} up`)
  }
}

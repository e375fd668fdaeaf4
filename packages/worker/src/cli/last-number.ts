/** Numbers on a command line. */
import { UsageError } from '@resumelb/common/cli'

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

/** Reads the text files that options name. */
import { readFileSync } from 'node:fs'
import { OptionError } from './errors.ts'

/** The text of the file that `option` names. Throws an {@link OptionError} with the reason. */
export function readTextFile(path: string, option: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const { message: reason } = cause as Error
    throw new OptionError(option, 'a file that can be read', path, { reason, cause })
  }
}

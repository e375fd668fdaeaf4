/** Reads the file of `--admin-token-file` and `--token-file`. */
import { readTextFile } from '@resumelb/common'
import { checkToken } from './token.ts'

/** The token in a file; `option` is how messages name the option. Throws an OptionError. */
export function tokenFrom(path: string, option: string): string {
  const token = readTextFile(path, option).trim()
  checkToken(token, option)
  return token
}

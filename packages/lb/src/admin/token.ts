/** The form of the token that an admin server asks for. Pure. */
import { OptionError } from '@resumelb/common'

/** Characters of the shortest token: with fewer, it could be guessed. */
const minTokenLength = 16

/** What can follow `Authorization: Bearer`. */
const tokenForm = /^[\x21-\x7e]+$/

/** Throws an OptionError, which does not show the token, for one that clients cannot send. */
export function checkToken(token: string, option: string): void {
  const { length } = token
  const shown = `${length}`
  if (length < minTokenLength) {
    throw new OptionError(option, `of at least ${minTokenLength} characters`, token, { shown })
  }
  if (tokenForm.test(token)) return
  const form = 'a file with one token of printable ASCII without spaces'
  throw new OptionError(option, form, token, { shown: `${length} characters with others` })
}

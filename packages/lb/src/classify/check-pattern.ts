/** Refuses regular expressions whose matching time a crafted request could make explode. */
import { createRequire } from 'node:module'
import { OptionError } from '@resumelb/common'

/** Milliseconds that a check may take; a pattern that takes longer is let pass. */
const timeout = 5_000

/**
 * The longest that a match may take, as the power of the length of the text. An attribute has at most
 * 2,048 characters: their square is milliseconds, their cube is seconds.
 */
const maxDegree = 2

/**
 * Throws an {@link OptionError} if matching may take exponential time, or more than the square of the
 * text's length: it would stop the process, and nobody could tell it even to leave.
 */
export function checkPattern(option: string, pattern: RegExp): void {
  // The form of recheck that is JavaScript only, loaded only if there is a pattern: it is big. Required
  // because Node.js cannot tell the names that it exports.
  const require = createRequire(import.meta.url)
  const { checkSync } = require('recheck/lib/browser.js') as typeof import('recheck')
  const found = checkSync(pattern.source, pattern.flags, { timeout })
  if (found.status !== 'vulnerable') return
  const { complexity, attack } = found
  if (complexity.type === 'polynomial' && complexity.degree <= maxDegree) return
  const reason = `its time is ${complexity.summary}, for instance with ${attack.pattern}`
  throw new OptionError(option, 'a pattern that matches in acceptable time', pattern.source, {
    reason,
  })
}

/** Refuses regular expressions that a crafted request could cause to run exponentially long. */
import { createRequire } from 'node:module'
import { OptionError } from '@resumelb/common'
import type { VulnerableDiagnostics } from 'recheck'

/** Milliseconds that a check may take; a pattern whose check takes longer is accepted. */
const timeout = 5_000

/**
 * Maximum matching time, as a power of the length of the text. An attribute has at most 2,048
 * characters: their square is milliseconds, their cube is seconds.
 */
const maxDegree = 2

/** The last one that was accepted: a configuration that is read again mostly has the same. */
let accepted: string | undefined

/**
 * Throws an {@link OptionError} if matching may take exponential time, or more than the square of
 * the length of the text: it would block the process, which could not even be stopped with SIGTERM.
 */
export function checkPattern(option: string, pattern: RegExp): void {
  if (accepted === String(pattern)) return
  // The pure JavaScript build of recheck, loaded only if there is a pattern, because it is large.
  // Loaded with `require` because Node.js cannot detect the names that it exports.
  const require = createRequire(import.meta.url)
  const { checkSync } = require('recheck/lib/browser.js') as typeof import('recheck')
  const found = checkSync(pattern.source, pattern.flags, { timeout })
  if (found.status !== 'vulnerable' || isQuick(found.complexity)) {
    accepted = String(pattern)
    return
  }
  const { complexity, attack } = found
  const reason = `its time is ${complexity.summary}, for instance with ${attack.pattern}`
  throw new OptionError(option, 'a pattern that matches in acceptable time', pattern.source, {
    reason,
  })
}

function isQuick(complexity: VulnerableDiagnostics['complexity']): boolean {
  return complexity.type === 'polynomial' && complexity.degree <= maxDegree
}

/** Refuses regular expressions that a crafted request could cause to run exponentially long. */
import { createRequire } from 'node:module'
import { OptionError } from '@resumelb/common'
import type { Diagnostics, VulnerableDiagnostics } from 'recheck'

/**
 * Milliseconds of CPU time that a check may take; a pattern whose check takes longer is accepted.
 * Of wall-clock time, a busy machine could take so much that it accepted any pattern.
 */
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
  const found = diagnose(pattern)
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

function diagnose({ source, flags }: RegExp): Diagnostics {
  // The pure JavaScript build of recheck, loaded only if there is a pattern, because it is large.
  // Loaded with `require` because Node.js cannot detect the names that it exports.
  const require = createRequire(import.meta.url)
  const { checkSync } = require('recheck/lib/browser.js') as typeof import('recheck')
  const before = process.cpuUsage()
  // The library measures wall-clock time only: if the machine was busy, the check gets more of it.
  for (let limit = timeout; ; limit *= 2) {
    const found = checkSync(source, flags, { timeout: limit })
    const isLate = found.status === 'unknown' && found.error.kind === 'timeout'
    const { user, system } = process.cpuUsage(before)
    if (!isLate || (user + system) / 1000 >= timeout) return found
  }
}

function isQuick(complexity: VulnerableDiagnostics['complexity']): boolean {
  return complexity.type === 'polynomial' && complexity.degree <= maxDegree
}

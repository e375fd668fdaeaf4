/** What a command line and its file ask for, checked: everything that can be wrong with them. */
import type { Logger } from '@resumelb/common'
import type { Certificates } from '../listener/tls/certificates.ts'
import type { LoadBalancerOptions } from '../load-balancer-options.ts'
import { certificatesFrom } from './certificates-option.ts'
import { loadBalancerOptions } from './options.ts'
import type { SharedLine, UsualSettings } from './syntax.ts'

export interface Plan {
  readonly line: SharedLine
  readonly options: LoadBalancerOptions
  /** For clients that speak TLS; without, they do not. */
  readonly certificates: Certificates | undefined
  /** Entries of the list of workers, of a command that has one. */
  readonly workers: readonly string[]
}

/**
 * Reads all files and modules that the options name. Throws an `OptionError` or a `UsageError` for
 * the first that is bad.
 */
export async function planFrom(
  line: SharedLine,
  usual: UsualSettings,
  log: Logger,
): Promise<Omit<Plan, 'workers'>> {
  const options = await loadBalancerOptions(line, usual, log)
  return { line, options, certificates: certificatesFrom(line, log) }
}

/**
 * An HTTP server that tells operators and programs about a load balancer, and lets them change it.
 */
import { type Clock, type Logger, systemClock } from '@resumelb/common'
import { defaultLogger } from '@resumelb/common/pino'
import { AdminHttp, type AdminHttpOptions } from './admin-http.ts'
import type { AdminSource } from './admin-source.ts'
import { BalancerBackend } from './balancer-backend.ts'
import type { ChangeHooks } from './changes.ts'

export interface AdminOptions extends ChangeHooks, AdminHttpOptions {
  /** Classes with metrics of their own, those with the most requests; 0 by default. */
  readonly metricsClasses?: number
  readonly log?: Logger
  /** That of the load balancer. */
  readonly clock?: Clock
}

export class AdminServer extends AdminHttp {
  /**
   * Begins to count what happens, and listens from {@link start} on. Throws an OptionError for an
   * address that is none, and for one that others can reach without a token.
   */
  constructor(source: AdminSource, options: AdminOptions) {
    const { clock = systemClock, log = defaultLogger(), metricsClasses = 0 } = options
    const backend = () =>
      new BalancerBackend(source, { clock, metricsClasses, log, hooks: options })
    super({ backend, clock, log }, options)
  }
}

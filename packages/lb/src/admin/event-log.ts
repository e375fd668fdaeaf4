/** Writes the events of a load balancer to its log. */
import type { Clock, Logger } from '@resumelb/common'
import { isRefusal } from '@resumelb/protocol'
import type { LoadBalancerEvents, TroubledRequest } from '../events.ts'
import { failures } from '../http/failures.ts'
import type { BalancingOptions } from '../options.ts'
import { failureFacts } from './failure-facts.ts'
import { RepeatedLines } from './repeated-lines.ts'

export class EventLog {
  /** Limits the lines that many requests may cause. */
  readonly #warnings: RepeatedLines
  readonly #options: Required<BalancingOptions>

  /** Subscribes to the events. `options` are the limits that the reasons of failures mention. */
  constructor(
    events: LoadBalancerEvents,
    log: Logger,
    options: Required<BalancingOptions>,
    clock: Clock,
  ) {
    this.#options = options
    this.#warnings = new RepeatedLines((facts, text) => log.warn(facts, text), clock)
    this.#listenToRequests(events)
    events.on('workerUp', ({ version, ...facts }) =>
      log.info(version === '' ? facts : { ...facts, version }, 'connected to worker'),
    )
    events.on('classCrashes', (facts) => log.error(facts, 'requests of a class crash workers'))
    events.on('workerUnresponsive', (facts) =>
      log.warn(facts, 'worker does not answer: it gets no new requests'),
    )
    events.on('workerResponsive', ({ worker, seconds }) =>
      log.info({ worker, seconds: Math.round(seconds * 10) / 10 }, 'worker answers again'),
    )
    events.on('workerDraining', (facts) => log.info(facts, 'worker is draining'))
    events.on('maintenanceBegan', (facts) => log.info(facts, 'worker is in maintenance'))
    events.on('maintenanceEnded', (facts) => log.info(facts, 'maintenance of the worker has ended'))
    events.on('workerEjected', (facts) =>
      log.warn(facts, 'worker ejected after too many consecutive failures'),
    )
    events.on('workerRecovered', (facts) => log.info(facts, 'ejection ended'))
    events.on('versionChanged', ({ version, before }) => {
      const facts = before === undefined ? { version } : { version, before }
      log.info(facts, 'requests now go to this version')
    })
    events.on('noWorker', ({ workers, waiting, seconds }) =>
      log.warn({ workers, waiting, seconds: Math.round(seconds) }, 'no worker is connected'),
    )
  }

  /** Writes the pending summaries, before the program exits. */
  flush(): void {
    this.#warnings.flush()
  }

  #listenToRequests(events: LoadBalancerEvents): void {
    events.on('requestFailed', (failed) =>
      this.#warn(failed, failed.isTruncated ? 'response aborted' : 'request failed'),
    )
    events.on('requestRetried', (retried) => {
      // A refused request has not been processed, so moving it to another worker is not worth a
      // line.
      if (!isRefusal(retried.reset)) this.#warn(retried, 'request retried')
    })
    events.on('inputRefused', (refused) => {
      const { reason: failure, status, remoteAddress: client, id: request, detail } = refused
      const { message: reason } = failures[failure]
      const facts = { failure, reason, status, client, request, detail }
      this.#warnings.write(facts, 'request refused', failure)
    })
    events.on('connectionRefused', ({ cause, reason, remoteAddress: client }) =>
      this.#warnings.write({ failure: cause, client, reason }, 'connection refused', cause),
    )
    events.on('classifierFailed', (error) =>
      this.#warnings.write({ error: String(error) }, 'the classifier failed'),
    )
    events.on('bodyUnread', ({ cause }) =>
      this.#warnings.write({ failure: cause }, 'request classified without its body', cause),
    )
  }

  #warn(request: TroubledRequest, message: string): void {
    this.#warnings.write(failureFacts(request, this.#options), message, request.reason)
  }
}

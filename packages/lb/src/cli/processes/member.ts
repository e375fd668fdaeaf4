/** Runs one of several processes that serve clients, as the primary process has started it. */
import { systemClock } from '@resumelb/common'
import { ignoreSignals, runServices, type Service, shutdownSignal } from '@resumelb/common/cli'
import { Backlogs } from '../../admin/backlogs.ts'
import { BalancerBackend } from '../../admin/balancer-backend.ts'
import type { LoadBalancerOptions } from '../../load-balancer-options.ts'
import { partsOf } from '../parts.ts'
import type { Plan } from '../plan.ts'
import { awaitedWorkers } from '../restart/awaited-workers.ts'
import type { ProcessPlace } from '../restart/inheritance.ts'
import { ListeningSockets } from '../restart/listening-sockets.ts'
import type { RunOptions } from '../run-options.ts'
import { restoreState } from '../state-file.ts'
import { servicesOf } from './member-services.ts'
import { PrimaryChannel } from './primary-channel.ts'

/** Serves until the primary process, or a signal, says otherwise. Resolves with the exit status. */
export async function runMember(what: RunOptions, { count }: ProcessPlace): Promise<number> {
  const { plan, inheritance, log } = what
  const { values } = plan.line
  const channel = new PrimaryChannel()
  const assignment = await channel.assignment
  const parts = partsOf(what, {
    sockets: new ListeningSockets(inheritance.sockets),
    different: sharesOf(plan, count),
    onClosing: () => channel.tell({ notice: 'closing' }),
  })
  const { balancer, accessLog, http, workers, reloader } = parts
  if (assignment.state !== null) restoreState(balancer, assignment.state)
  const backend =
    values.admin === undefined
      ? undefined
      : new BalancerBackend(balancer, {
          ...{ clock: systemClock, metricsClasses: values.metricsClasses, log, hooks: {} },
        })
  const backlogs = new Backlogs(balancer)
  if (what.statusServer !== undefined) backlogs.start()
  channel.serve(servicesOf({ balancer, reloader, backend, backlogs }))
  const { readyWorkers } = assignment
  const awaited = readyWorkers === null ? [] : [awaitedWorkers(balancer, readyWorkers)]
  const announcement: Service = {
    start: async () => channel.tell({ notice: 'serving' }),
    stop: async () => undefined,
  }
  const last: Service = {
    start: async () => undefined,
    stop: async () => {
      if (backend !== undefined) await channel.tellLast(backend)
    },
  }
  channel.onReopen = (signal) => accessLog.reopen(signal)
  channel.onHandedOver = () => http.handOver()
  // All of them come from the primary process, which may have got the same signal as this one.
  ignoreSignals(['SIGHUP', 'SIGUSR1', 'SIGUSR2'], () => undefined)
  const signalled = shutdownSignal(() => undefined)
  const stopped = Promise.race([channel.stopped, signalled]).then(() =>
    log.info({}, 'stopping: finishing requests in progress'),
  )
  await runServices([last, accessLog, workers, ...awaited, http, announcement], stopped)
  return http.cutOff === undefined ? 0 : 1
}

/** What each process has of the options that are about all of them. */
function sharesOf({ options }: Plan, count: number): Partial<LoadBalancerOptions> {
  const { upstreamBalancers = 1, upstreamConcurrency } = options
  return {
    upstreamBalancers: upstreamBalancers * count,
    ...(upstreamConcurrency !== undefined && {
      upstreamConcurrency: Math.max(1, Math.floor(upstreamConcurrency / count)),
    }),
  }
}

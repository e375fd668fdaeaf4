/** What a process that serves clients answers to the primary process. */
import type { Backlogs } from '../../admin/backlogs.ts'
import type { BalancerBackend } from '../../admin/balancer-backend.ts'
import type { LoadBalancer } from '../../load-balancer.ts'
import type { Reloader } from '../reloader.ts'
import { readyWorkers } from '../restart/awaited-workers.ts'
import { stateOf } from '../state-file.ts'
import type { Report, Services } from './messages.ts'

export interface MemberServicesOptions {
  readonly balancer: LoadBalancer
  readonly reloader: Reloader
  /** What is counted, if there is an admin server. */
  readonly backend: BalancerBackend | undefined
  readonly backlogs: Backlogs
}

export function servicesOf(options: MemberServicesOptions): Services {
  const { balancer, reloader, backlogs } = options
  const backend = () => {
    if (options.backend === undefined) throw new Error('there is no admin server')
    return options.backend
  }
  return {
    report: (classes, since) => reportOf(backend(), classes, since),
    families: () => backend().families(),
    backlogs: () => backlogs.read(),
    isReady: () => backend().isReady(),
    readyWorkers: () => readyWorkers(balancer),
    explain: (query, body) => {
      const bytes = body === null ? undefined : Buffer.from(body, 'base64')
      return backend().explain(new URLSearchParams(query), bytes)
    },
    settings: () => balancer.settings,
    updateSettings: (settings) => balancer.updateSettings(settings),
    addWorker: (worker) => balancer.addWorker(worker),
    removeWorker: (address) => balancer.removeWorker(address),
    drainWorker: (address, deadline) => balancer.drainWorker(address, deadline ?? undefined),
    readyWorker: (address) => balancer.readyWorker(address),
    state: () => stateOf(balancer, reloader.settings),
    reload: () => reloader.reload(),
  }
}

/** `since` is how many incidents there were when it was last asked for. */
export function reportOf({ live }: BalancerBackend, classes: number, since: number): Report {
  const { incidents } = live
  return {
    status: { ...live.read(classes), incidents: [] },
    recent: live.recentCounts,
    incidentCount: incidents.count,
    incidents: incidents.since(since),
  }
}

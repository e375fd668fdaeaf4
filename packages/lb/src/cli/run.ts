/** Runs the services of a load balancer until a signal. */
import { runServices, ServiceManager, shutdownSignal } from '@resumelb/common/cli'
import type pino from 'pino'
import { Backlogs } from '../admin/backlogs.ts'
import { StatusServer } from '../admin/status-server.ts'
import type { LoadBalancer } from '../load-balancer.ts'
import type { AccessLogService } from './access-log-service.ts'
import { adminServices } from './admin-service.ts'
import { partsOf } from './parts.ts'
import type { Plan } from './plan.ts'
import { processCount } from './processes-option.ts'
import type { Reloader } from './reloader.ts'
import { awaitedWorkers, readyWorkers } from './restart/awaited-workers.ts'
import { Handover } from './restart/handover.ts'
import { ListeningSockets } from './restart/listening-sockets.ts'
import { inheritedResumes } from './restart/resume-transfer.ts'
import { type RunOptions, stoppedOnce } from './run-options.ts'
import { StateFile, stateOf } from './state-file.ts'

/**
 * Serves until a signal, or until another process has taken over; then finishes the requests in
 * progress. Resolves with the exit status.
 */
export async function run(what: RunOptions): Promise<number> {
  const { plan, inheritance } = what
  const { values } = plan.line
  if (inheritance.process !== undefined) {
    const { runMember } = await import('./processes/member.ts')
    return runMember(what, inheritance.process)
  }
  if (processCount(values.processes) > 1 && !values.check) {
    const { runPrimary } = await import('./processes/primary.ts')
    return runPrimary(what)
  }
  return runAlone(what)
}

/** Runs all of it in this process. */
async function runAlone(what: RunOptions): Promise<number> {
  const { name, plan, statusServer, inheritance, log } = what
  const { values } = plan.line
  const sockets = new ListeningSockets(inheritance.sockets)
  const different = { measuredResumes: await inheritedResumes(inheritance, log) }
  const parts = partsOf(what, { sockets, different })
  const { balancer, accessLog, http, workers, registration, reloader } = parts
  const { listen } = sockets
  const status =
    statusServer === undefined
      ? []
      : [new StatusServer(statusServer, new Backlogs(balancer), listen)]
  const state = stateFileOf(plan, balancer, log)
  const admin = adminServices(values, balancer, log, {
    reload: () => reloader.reload(),
    onChange: () => state?.save(stateOf(balancer, reloader.settings)),
    listen,
  })
  if (values.check) {
    process.stdout.write(`${name}: the configuration is valid\n`)
    return 0
  }
  const manager = new ServiceManager({
    log,
    isWell: () => http.isListening,
    status: () => `${readyWorkers(balancer)} of ${balancer.workers.length} workers are ready`,
  })
  for (const name of ['workerUp', 'workerDown', 'workerDraining'] as const) {
    balancer.events.on(name, () => manager.statusChanged())
  }
  const exclusive = [...status, ...admin].map(stoppedOnce)
  const onHandedOver = () => {
    sockets.leave()
    http.handOver()
  }
  const handover = new Handover({
    inheritance,
    sockets,
    readyWorkers: () => readyWorkers(balancer),
    measuredResumes: () => balancer.measuredResumes,
    onHandedOver,
    exclusive,
    manager,
    log,
  })
  const { predecessor } = inheritance
  const preparation =
    predecessor === undefined
      ? [...exclusive, workers]
      : // Meanwhile the predecessor answers questions about the load balancer.
        [workers, awaitedWorkers(balancer, predecessor.readyWorkers), ...exclusive]
  const services = [accessLog, ...preparation, http, handover, registration]
  const stopTime = http.maxStopTime
  await runServices(services, untilEnd({ accessLog, reloader, handover, manager, stopTime, log }))
  return http.cutOff === undefined ? 0 : 1
}

/** The file of the changes at run time, which are made again, if there is one. */
function stateFileOf(
  { line: { values, labelOf } }: Plan,
  balancer: LoadBalancer,
  log: pino.Logger,
): StateFile | undefined {
  const { stateFile } = values
  if (stateFile === undefined) return undefined
  const state = new StateFile(stateFile, labelOf('stateFile'), log)
  if (values.check) state.read()
  else state.restore(balancer)
  return state
}

/**
 * Resolves at the first signal to leave, or when another process has taken over. A second signal
 * ends the process at once.
 */
async function untilEnd({
  accessLog,
  reloader,
  handover,
  manager,
  stopTime,
  log,
}: {
  readonly accessLog: AccessLogService
  readonly reloader: Reloader
  readonly handover: Handover
  readonly manager: ServiceManager
  /** Milliseconds that stopping may take. */
  readonly stopTime: number
  readonly log: pino.Logger
}): Promise<void> {
  for (const signal of ['SIGHUP', 'SIGUSR1'] as const) {
    process.on(signal, () => accessLog.reopen(signal))
  }
  process.on('SIGHUP', () => void manager.reload(() => reloader.reloadAndLog()))
  process.on('SIGUSR2', () => void handover.begin())
  const signalled = shutdownSignal(() => process.exit(1))
  const signal = await Promise.race([signalled, handover.done])
  if (signal !== undefined) manager.stopping(stopTime)
  log.info({ ...(signal && { signal }) }, 'stopping: finishing requests in progress')
}

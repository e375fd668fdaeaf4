/** The command resumelb-worker: serves an application to resumelb load balancers. */
import { type Logger, parseListenAddress } from '@resumelb/common'
import { readCommandLine, type Service, UsageError } from '@resumelb/common/cli'
import { createLogger } from '@resumelb/common/pino'
import { checkColdLoads, type WorkerOptions } from '../options.ts'
import { Upstream } from '../upstream/upstream.ts'
import { Worker } from '../worker.ts'
import { HealthService } from './health-service.ts'
import { type Application, loadApplication } from './load-application.ts'
import { MaintenanceService } from './maintenance-service.ts'
import { ReadinessVotes } from './readiness-votes.ts'
import { registrationFrom } from './registration.ts'
import { run } from './run.ts'
import { type WorkerLine, workerSyntax } from './syntax.ts'
import { peerCertificatesOf } from './tls-options.ts'
import { warmUpFrom } from './warm-up-options.ts'

function upstreamFrom({ words, values, labelOf }: WorkerLine, log: Logger): Upstream | undefined {
  if (values.upstream === undefined) return undefined
  if (words.length > 0) throw new UsageError('Expected either MODULE or --upstream, got both')
  return new Upstream(values.upstream, { log, option: labelOf('upstream') })
}

function loadModule({ words, values }: WorkerLine): Promise<Application> {
  const [module, ...more] = words
  if (module === undefined) throw new UsageError('Expected MODULE or --upstream')
  if (more.length > 0) throw new UsageError(`Expected one MODULE, got ${more.join(' ')} as well`)
  return loadApplication(module, values.export)
}

function workerOptions({ values, labelOf }: WorkerLine): WorkerOptions {
  const { concurrency, maxColdLoads, maxSkillAge, resumeFile, tracelog } = values
  const options = {
    history: values.history,
    maxClasses: values.maxClasses,
    maxWarmLinks: values.maxWarmLinks,
    maxClassShare: values.maxClassShare,
    coldLoadTimeout: values.coldLoadTimeout,
    maxQueued: values.maxQueued,
    standby: values.standby,
    capacity: values.capacity,
    description: values.description,
    version: values.workerVersion,
    ...(concurrency !== undefined && { concurrency }),
    ...(maxColdLoads !== undefined && { maxColdLoads }),
    ...(maxSkillAge !== undefined && { maxSkillAge }),
    ...(resumeFile !== undefined && { resumeFile }),
    ...(tracelog !== undefined && { tracelog }),
  }
  checkColdLoads(options, labelOf)
  return options
}

/** Milliseconds of draining in which sessions are served; the rest is for finishing requests. */
function sessionTimeOf({ values, labelOf }: WorkerLine): number {
  const { drainTimeout, sessionDrainTime = (drainTimeout * 4) / 5 } = values
  if (sessionDrainTime <= drainTimeout) return sessionDrainTime
  const [part, whole] = [labelOf('sessionDrainTime'), labelOf('drainTimeout')]
  throw new UsageError(`${part} is a part of ${whole}, and cannot be longer`)
}

/**
 * Says for the worker whether the server behind it can be connected to; until that is known, not. A
 * server that could not be connected to was probably restarted.
 */
function watchOver(upstream: Upstream, worker: Worker, votes: ReadinessVotes): Service {
  votes.vote('upstream', false)
  const listener = (isReady: boolean) => {
    if (!isReady) worker.forgetWarmth()
    votes.vote('upstream', isReady)
  }
  return {
    start: async () => upstream.watch(listener),
    stop: async () => upstream.close(),
  }
}

function isGiven(service: Service | undefined): service is Service {
  return service !== undefined
}

/** Runs the command. Resolves with the exit status. */
export async function resumelbWorker(words: readonly string[]): Promise<number> {
  const line = readCommandLine(words, workerSyntax) as WorkerLine
  const { values, labelOf } = line
  const address = parseListenAddress(values.address, labelOf('address'), ['mode'])
  const log = createLogger(values.logLevel, labelOf('logLevel'), process.env)
  const tls = peerCertificatesOf(line, log)
  const warmUp = await warmUpFrom(line)
  const options = { ...workerOptions(line), ...warmUp, ...(tls !== undefined && { tls }) }
  const registration = registrationFrom(line, options, log)
  const upstream = upstreamFrom(line, log)
  const { handler, ...upgrades } = upstream?.application ?? (await loadModule(line))
  const worker = new Worker(handler, { ...options, ...upgrades }, { log })
  const votes = new ReadinessVotes(worker)
  const { handover, drainTimeout, upgradeDrainTimeout, maintenanceFile } = values
  const sessionTime = sessionTimeOf(line)
  const drain = { handOverTime: handover, drainTimeout, upgradeDrainTimeout, sessionTime }
  const pause = { sessionTime, upgradeTime: upgradeDrainTimeout, handOverTime: handover }
  const services = [
    upstream && watchOver(upstream, worker, votes),
    new HealthService(values, votes, log),
    maintenanceFile === undefined
      ? undefined
      : new MaintenanceService(maintenanceFile, worker, pause, log),
    registration?.(worker),
  ].filter(isGiven)
  if (values.check) {
    process.stdout.write('resumelb-worker: the configuration is valid\n')
    return 0
  }
  return run(worker, { address, ...drain, tls, log, services })
}

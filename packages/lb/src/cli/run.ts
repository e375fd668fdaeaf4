/** Runs the services of a load balancer until a signal. */
import { ignoreSignals, runServices, type Service, shutdownSignal } from '@resumelb/common/cli'
import type pino from 'pino'
import { StatusServer } from '../admin/status-server.ts'
import type { Discovery } from '../discovery/discovery.ts'
import type { Certificates } from '../listener/tls/certificates.ts'
import { LoadBalancer } from '../load-balancer.ts'
import type { LoadBalancerOptions } from '../load-balancer-options.ts'
import { AccessLogService } from './access-log-service.ts'
import { adminServices } from './admin-service.ts'
import { discoveryServices } from './discovery-services.ts'
import { reloadErrorPages } from './error-pages-option.ts'
import { HttpService } from './http-service.ts'
import type { SharedValues } from './syntax.ts'

/** The parts that a command runs. */
export interface RunOptions {
  /** The name of the command. */
  readonly name: string
  readonly values: SharedValues
  /** For clients that speak TLS; without, they do not. */
  readonly certificates?: Certificates | undefined
  readonly options: LoadBalancerOptions
  readonly discovery: Discovery
  /** The path of the status server's socket, if there is one. */
  readonly statusServer?: string | undefined
  readonly log: pino.Logger
}

/** Serves until a signal, then finishes the requests in progress. Resolves with the exit status. */
export async function run(what: RunOptions): Promise<number> {
  const { name, values, certificates, discovery, statusServer, log } = what
  const accessLog = new AccessLogService(values.accessLog, values.logFormat, log)
  const balancer = new LoadBalancer({ ...what.options, log })
  accessLog.listen(balancer.events)
  const http = new HttpService({ name, values, certificates, balancer, log })
  const [workers, registration] = discoveryServices(discovery, balancer, () => http.address, log)
  const status = statusServer === undefined ? [] : [new StatusServer(statusServer, balancer)]
  const admin = adminServices(values, balancer, log)
  const services: readonly Service[] = [
    ...[accessLog, ...status, ...admin],
    ...[workers, http, registration],
  ]
  process.on('SIGHUP', () => reloadErrorPages(values.errorPage, balancer, log))
  const reloaded = [certificates, what.options.workerTls?.certificates]
  await runServices(services, untilSignalled(accessLog, reloaded, log))
  return http.cutOff === undefined ? 0 : 1
}

/** Resolves at the first signal to leave. A second one ends the process at once. */
async function untilSignalled(
  accessLog: AccessLogService,
  certificates: readonly (Pick<Certificates, 'reload'> | undefined)[],
  log: pino.Logger,
): Promise<void> {
  for (const signal of ['SIGHUP', 'SIGUSR1'] as const) {
    process.on(signal, () => accessLog.reopen(signal))
  }
  process.on('SIGHUP', () => {
    for (const each of certificates) each?.reload()
  })
  ignoreSignals(['SIGUSR2'], (ignored) => log.info({ signal: ignored }, 'signal ignored'))
  const signal = await shutdownSignal(() => process.exit(1))
  log.info({ signal }, 'stopping: finishing requests in progress')
}

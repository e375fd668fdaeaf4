/** The parts of a process that serves clients: alone, or as one of several. */
import type { Service } from '@resumelb/common/cli'
import { LoadBalancer } from '../load-balancer.ts'
import type { LoadBalancerOptions } from '../load-balancer-options.ts'
import { AccessLogService } from './access-log-service.ts'
import { discoveryServices } from './discovery-services.ts'
import { HttpService } from './http-service.ts'
import { Reloader } from './reloader.ts'
import type { ListeningSockets } from './restart/listening-sockets.ts'
import type { RunOptions } from './run-options.ts'

export interface Parts {
  readonly balancer: LoadBalancer
  readonly accessLog: AccessLogService
  readonly http: HttpService
  /** Finds the workers. */
  readonly workers: Service
  /** Tells others of the load balancer. */
  readonly registration: Service
  readonly reloader: Reloader
}

export interface PartsOptions {
  readonly sockets: ListeningSockets
  /** Options of the load balancer that differ from those of the plan. */
  readonly different?: Partial<LoadBalancerOptions>
  /** Called when it accepts no more connections. */
  readonly onClosing?: () => void
}

/** Opens the access log, and connects to the workers that are known. */
export function partsOf(
  { name, plan, read, own, discovery, log }: RunOptions,
  { sockets, different = {}, onClosing = () => undefined }: PartsOptions,
): Parts {
  const { certificates, line } = plan
  const { values } = line
  // A check must not create the file, which would belong to the user who checks.
  const logFile = values.check ? '' : values.accessLog
  const accessLog = new AccessLogService(logFile, values.logFormat, log)
  const balancer = new LoadBalancer({
    ...plan.options,
    ...different,
    log,
  } as LoadBalancerOptions)
  accessLog.listen(balancer.events)
  const http = new HttpService({ name, values, certificates, balancer, sockets, onClosing, log })
  const [workers, registration] = discoveryServices(discovery, balancer, () => http.address, log)
  const reloader = new Reloader({ balancer, plan, read, own: own(balancer), log })
  return { balancer, accessLog, http, workers, registration, reloader }
}

/** What a command gives to the processes that it consists of. */
import type { Service } from '@resumelb/common/cli'
import type pino from 'pino'
import type { Discovery } from '../discovery/discovery.ts'
import type { LoadBalancer } from '../load-balancer.ts'
import type { Plan } from './plan.ts'
import type { OwnOptions } from './reloader.ts'
import type { Inheritance } from './restart/inheritance.ts'

export interface RunOptions {
  /** The name of the command. */
  readonly name: string
  readonly plan: Plan
  /** Reads the command line, and the files it names, again. */
  readonly read: () => Promise<Plan>
  readonly own: (balancer: LoadBalancer) => OwnOptions
  readonly discovery: Discovery
  /** The path of the status server's socket, if there is one. */
  readonly statusServer?: string | undefined
  readonly inheritance: Inheritance
  readonly log: pino.Logger
}

/** The same service, which may be stopped again. */
export function stoppedOnce(service: Service): Service {
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= service.stop()
    return stopped
  }
  return { start: () => service.start(), stop }
}

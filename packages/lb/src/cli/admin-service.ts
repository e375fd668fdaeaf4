/** The admin server of a command: its options, and the server if one is asked for. */
import { type Listen, type OptionValues, parseListenAddress, systemClock } from '@resumelb/common'
import type { Service } from '@resumelb/common/cli'
import type pino from 'pino'
import { AdminHttp } from '../admin/admin-http.ts'
import type { AdminBackend } from '../admin/backend.ts'
import { BalancerBackend } from '../admin/balancer-backend.ts'
import type { ChangeHooks } from '../admin/changes.ts'
import { tokenFrom } from '../admin/token-file.ts'
import type { LoadBalancer } from '../load-balancer.ts'
import { ReplService } from './repl-service.ts'

export const adminTable = {
  admin: {
    type: 'text',
    form: 'HOST:PORT or unix:/path',
    help: 'Serve status, metrics and more on this address: HOST:PORT or unix:/path',
  },
  adminTokenFile: {
    type: 'text',
    form: 'the path of a file',
    help: 'File with the token for changes, and for reading from other machines',
  },
  adminHost: {
    type: 'list',
    form: 'a host name',
    default: [],
    help: 'Name by which browsers may reach the admin address; may be repeated',
  },
  repl: {
    type: 'text',
    form: 'the path of a unix socket',
    help: 'Run a REPL for debugging on this unix socket; only its owner may connect',
  },
  metricsClasses: {
    default: 0,
    min: 0,
    max: 1_000,
    whole: true,
    help: 'Number of classes, the busiest ones, that get metrics of their own',
  },
} as const

/**
 * The admin server and the REPL as services, as far as they are asked for. The server counts from
 * now on.
 */
export function adminServices(
  values: OptionValues<typeof adminTable>,
  balancer: LoadBalancer,
  log: pino.Logger,
  hooks: ChangeHooks & { readonly listen: Listen },
): Service[] {
  const { metricsClasses, repl } = values
  const repls = repl === undefined ? [] : [new ReplService(repl, balancer, log, hooks.listen)]
  const backend = () =>
    new BalancerBackend(balancer, { clock: systemClock, metricsClasses, log, hooks })
  return [...repls, ...adminServer(values, backend, log, hooks.listen)]
}

/** The admin server of what `backend` makes, as a service, if it is asked for. */
export function adminServer(
  { admin, adminTokenFile, adminHost: hosts }: OptionValues<typeof adminTable>,
  backend: () => AdminBackend,
  log: pino.Logger,
  listen: Listen,
): Service[] {
  if (admin === undefined) return []
  parseListenAddress(admin, '--admin', ['mode'])
  const token =
    adminTokenFile === undefined ? {} : { token: tokenFrom(adminTokenFile, '--admin-token-file') }
  const options = { address: admin, hosts, listen, ...token }
  const server = new AdminHttp({ backend, clock: systemClock, log }, options)
  const start = async () => {
    await server.start()
    log.info({ address: server.address }, 'admin server listening')
  }
  return [{ start, stop: () => server.stop() }]
}

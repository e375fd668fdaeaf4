/** The admin server of a command: its options, and the server if one is asked for. */
import { type Listen, type OptionValues, parseListenAddress } from '@resumelb/common'
import type { Service } from '@resumelb/common/cli'
import type pino from 'pino'
import { AdminServer } from '../admin/admin-server.ts'
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
  const { admin, adminTokenFile, adminHost, metricsClasses, repl } = values
  const repls = repl === undefined ? [] : [new ReplService(repl, balancer, log, hooks.listen)]
  if (admin === undefined) return repls
  parseListenAddress(admin, '--admin', ['mode'])
  const server = new AdminServer(balancer, {
    address: admin,
    hosts: adminHost,
    metricsClasses,
    log,
    ...hooks,
    ...(adminTokenFile !== undefined && { token: tokenFrom(adminTokenFile, '--admin-token-file') }),
  })
  const start = async () => {
    await server.start()
    log.info({ address: server.address }, 'admin server listening')
  }
  return [...repls, { start, stop: () => server.stop() }]
}

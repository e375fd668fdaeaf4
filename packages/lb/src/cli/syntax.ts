/** The options that the commands of this package share. */
import type { ListSpec, OptionSpec, OptionTable, OptionValues, TextSpec } from '@resumelb/common'
import {
  type CommandLine,
  checkTable,
  drainTable,
  logLevelTable,
  type OptionGroup,
} from '@resumelb/common/cli'
import { defaultPool } from '../load-balancer-options.ts'
import { balancingTable } from '../options.ts'
import { poolKinds, poolNames } from '../pool/registry.ts'
import type { SettingSpec } from '../pool/settings.ts'
import { statesSettings } from '../pool/wrappers/states-pool.ts'
import { stickyTable } from '../sticky-options.ts'
import type { upstreamTable } from '../workers/upstream/options.ts'
import { adminTable } from './admin-service.ts'
import { classifierTable } from './classifier-option.ts'
import { clientAddressForm, parseClientAddress } from './client-address.ts'
import { errorPageTable } from './error-pages-option.ts'
import { processesTable } from './processes-option.ts'
import { stateTable } from './state-file.ts'
import { workerTlsTable } from './worker-tls.ts'

const addressTable: { readonly address: ListSpec & { readonly default: readonly string[] } } = {
  address: {
    type: 'list',
    form: clientAddressForm,
    check: parseClientAddress,
    alias: 'a',
    default: [':8080'],
    help: 'Listen at HOST:PORT, [IPV6]:PORT, :PORT, unix:/path or fd:NAME; may be repeated. Port 0 is any free one',
  },
}

export const listeningTable = {
  backlog: {
    alias: 'b',
    default: 511,
    min: 1,
    max: 1_000_000,
    whole: true,
    help: 'Maximum length of the queue of connections that are not accepted yet',
  },
  maxConnections: {
    alias: 'm',
    min: 1,
    max: 100_000_000,
    whole: true,
    otherwise: 'the limit of open files, less 256',
    help: 'Maximum number of client connections of a process; further ones are closed',
  },
  via: {
    type: 'flag',
    default: true,
    help: 'Add a Via header; --no-via for servers that do not compress responses to proxies',
  },
  requestId: {
    type: 'flag',
    default: true,
    help: 'Add an X-Request-Id header to requests and responses; --no-request-id does not',
  },
  requestIdHeader: {
    type: 'text',
    form: 'the name of a header',
    otherwise: 'X-Request-Id',
    help: 'Name of the header with the id of a request',
  },
  traceparent: {
    type: 'flag',
    default: false,
    help: 'Add a traceparent header to requests that have none',
  },
  forwarded: {
    type: 'flag',
    default: true,
    help: 'Add X-Forwarded-* headers; --no-forwarded only passes on those of a trusted proxy',
  },
  trustedProxy: {
    type: 'list',
    form: 'an IP address, a network or one of loopback, linklocal, private, unix',
    default: [],
    help: 'Trust X-Forwarded-* and Forwarded from this IP address or network; may be repeated',
  },
  proxyProtocol: {
    type: 'flag',
    default: false,
    help: 'Expect a PROXY protocol header (v1 or v2) from a --trusted-proxy on each connection',
  },
  keepAliveTimeout: {
    default: 65_000,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    help: 'Idle timeout of a client connection between two requests',
  },
  headersTimeout: {
    default: 60_000,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    help: 'Maximum time to receive the head of a request',
  },
  maxHeaderSize: {
    default: 16_384,
    min: 1,
    max: 100_000_000,
    whole: true,
    unit: 'bytes',
    help: 'Maximum size of the head of a request',
  },
  drainDelay: {
    default: 0,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    help: 'Time after SIGTERM or SIGINT in which /readyz answers 503 and requests are still served',
  },
} as const

export const tlsTable = {
  tlsCert: {
    type: 'list',
    form: 'the path of a PEM file',
    default: [],
    help: 'Serve HTTPS and HTTP/2 with this certificate chain (PEM); may be repeated: the server name that a client asks for chooses one',
  },
  tlsKey: {
    type: 'list',
    form: 'the path of a PEM file',
    default: [],
    help: 'Private key (PEM) of the --tls-cert in the same place; not needed if that file has it',
  },
  tlsMinVersion: {
    type: 'choice',
    choices: ['TLSv1.2', 'TLSv1.3'],
    default: 'TLSv1.2',
    help: 'Oldest version of TLS that clients may speak: TLSv1.2 or TLSv1.3',
  },
  http2: {
    type: 'flag',
    default: true,
    help: 'Offer HTTP/2 to clients that speak TLS; --no-http2 offers HTTP/1.1 only',
  },
} as const

export const loggingTable = {
  accessLog: {
    type: 'text',
    form: 'the path of a file, - or ""',
    alias: 'l',
    default: '-',
    help: 'File of the access log; - is standard output, "" disables it',
  },
  logFormat: {
    type: 'text',
    form: 'combined, json, or a text with variables such as $status',
    default: 'combined',
    help: 'Format of the access log: combined, json, or a text with variables such as $status',
  },
} as const

/** A text option with a default. */
interface UsualText extends TextSpec {
  readonly default: string
}

export const choosingTable: typeof classifierTable & { readonly pool: UsualText } = {
  ...classifierTable,
  pool: {
    type: 'text',
    form: `./module.js#factory or one of ${poolNames.join(', ')}`,
    default: defaultPool,
    help: `Balancing policy: ./module.js#factory or ${poolNames.join(', ')}`,
  },
}

export const failureTable = {
  disconnectMessage: {
    type: 'text',
    form: 'a text, or the path of a file',
    alias: 'e',
    help: 'Page (a file or a text) for requests whose worker failed',
  },
} as const

/** The values of the shared options. */
export type SharedValues = OptionValues<typeof addressTable> &
  OptionValues<typeof listeningTable> &
  OptionValues<typeof processesTable> &
  OptionValues<typeof workerTlsTable> &
  OptionValues<typeof drainTable> &
  OptionValues<typeof tlsTable> &
  OptionValues<typeof loggingTable> &
  OptionValues<typeof logLevelTable> &
  OptionValues<typeof adminTable> &
  OptionValues<typeof checkTable> &
  OptionValues<typeof stateTable> &
  OptionValues<typeof choosingTable> &
  OptionValues<typeof stickyTable> &
  OptionValues<typeof failureTable> &
  OptionValues<typeof errorPageTable> &
  OptionValues<typeof balancingTable> &
  Partial<OptionValues<typeof upstreamTable>>

/** The parsed command line of a command with the shared options. */
export interface SharedLine extends CommandLine {
  readonly values: SharedValues & Readonly<Record<string, unknown>>
}

/** Defaults of a command that differ from the pool's. */
export type UsualSettings = Readonly<Record<string, number>>

/** The settings of all pools by name, with the names of the pools that have them. */
export function poolSettings(): Map<string, { spec: SettingSpec; pools: string[] }> {
  const settings = new Map<string, { spec: SettingSpec; pools: string[] }>()
  const kinds = Object.entries(poolKinds).map(([name, kind]) => [name, kind.settings] as const)
  for (const [pool, specs] of [...kinds, ['any pool', statesSettings] as const]) {
    for (const [name, spec] of Object.entries(specs)) {
      const known = settings.get(name)
      if (known === undefined) settings.set(name, { spec, pools: [pool] })
      else known.pools.push(pool)
    }
  }
  return settings
}

/**
 * Options for the settings of pools. They have no default, so that a pool gets only its own
 * settings.
 */
function settingTable(usual: UsualSettings): OptionTable {
  const table = [...poolSettings()].map(([name, { spec, pools }]) => {
    const { default: standard, ...rest } = spec
    const help = `${spec.help.replace(/\.$/, '')} (${pools.join(', ')})`
    return [name, { ...rest, help, otherwise: String(usual[name] ?? standard) }]
  })
  return Object.fromEntries(table)
}

/** What one command has otherwise: letters and defaults of options, by their names. */
export type Differences = Readonly<Record<string, Partial<OptionSpec>>>

/** All shared options, in the order of `--help`. */
export function sharedGroups(usual: UsualSettings, differences: Differences): OptionGroup[] {
  const groups: OptionGroup[] = [
    {
      title: 'Listening:',
      options: { ...addressTable, ...listeningTable, ...processesTable, ...drainTable },
    },
    { title: 'TLS and HTTP/2:', options: tlsTable },
    { title: 'TLS to workers:', options: workerTlsTable },
    { title: 'Logging:', options: { ...loggingTable, ...logLevelTable } },
    { title: 'Administration:', options: adminTable },
    { title: 'Choosing a worker:', options: { ...choosingTable, ...settingTable(usual) } },
    { title: 'Sessions:', options: stickyTable },
    {
      title: 'Waiting, retries and failures:',
      options: { ...failureTable, ...errorPageTable, ...balancingTable },
    },
    { title: 'Configuration:', options: { ...checkTable, ...stateTable } },
  ]
  return groups.map(({ title, options }) => {
    const specs = Object.entries(options).map(([name, spec]) => [
      name,
      { ...spec, ...differences[name] },
    ])
    return { title, options: Object.fromEntries(specs) }
  })
}

/** The end of `--help`: units, signals and exit status. */
export const leaving: readonly string[] = [
  'Times are in seconds, or have a unit: 500ms, 10s, 2m, 1h, 1d.',
  'SIGTERM: finish requests in progress, then exit.',
  'SIGUSR2: replace this process by a new one that gets its sockets, and finish requests.',
  'SIGHUP: reopen the access log, read the configuration and all files again.',
  'Exit status: 0 stopped by a signal, 1 failed or not finished in time, 2 usage error.',
]

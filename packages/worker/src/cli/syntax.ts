/** What resumelb-worker takes. */
import {
  type OptionValues,
  parseListenAddress,
  plainListenForm,
  type TextSpec,
} from '@resumelb/common'
import {
  type CommandLine,
  type CommandSyntax,
  checkTable,
  drainTable,
  logLevelTable,
  registrationTable,
} from '@resumelb/common/cli'
import { memoryTable, settingsTable, shareTable, upgradeDrainTable } from '../options.ts'
import { version } from '../software.ts'
import { healthTable } from './health-options.ts'
import { tlsTable } from './tls-options.ts'
import { type WarmUpValues, warmUpCommandTable } from './warm-up-options.ts'

const listening: { readonly address: TextSpec & { readonly default: string } } = {
  address: {
    type: 'text',
    form: plainListenForm,
    check: (text, option) => parseListenAddress(text, option, ['mode']),
    alias: 'a',
    default: '127.0.0.1:0',
    help: 'Listen for load balancers at HOST:PORT or unix:/path; port 0 is any free one',
  },
}

const serving = {
  export: {
    type: 'text',
    form: 'the name of an export',
    default: 'default',
    help: 'Export of MODULE to serve',
  },
  upstream: {
    type: 'text',
    form: 'an origin such as http://127.0.0.1:9000, or unix:/run/app.sock',
    help: 'Serve this HTTP server instead of a module: http://HOST:PORT, https:// or unix:/path',
  },
} as const

const draining = {
  handover: {
    default: 10_000,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    help: 'With --warm-up, time after SIGTERM or SIGINT, and before maintenance, to hand classes over to workers that get warm for them first',
  },
  sessionDrainTime: {
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    otherwise: 'four fifths of --drain-timeout',
    help: 'Part of --drain-timeout in which load balancers with --sticky still send requests of sessions',
  },
} as const

const resume = {
  resumeFile: {
    type: 'text',
    form: 'the path of a file',
    alias: 'r',
    help: 'Keep the résumé in this file across restarts',
  },
} as const

const telling = {
  description: {
    type: 'text',
    form: 'a text',
    alias: 'd',
    default: '',
    help: 'Description of the worker, for humans',
  },
  workerVersion: {
    type: 'text',
    form: 'a text',
    default: '',
    help: 'Version of the application, for load balancers that choose workers by version',
  },
  tracelog: {
    type: 'text',
    form: 'the path of a file',
    help: 'Write each step of each request to this file',
  },
} as const

const registering = {
  zookeeper: {
    type: 'text',
    form: 'HOST[:PORT],...[/CHROOT]',
    otherwise: 'with --path: ZC_ZK_CONNECTION_STRING, else 127.0.0.1:2181',
    help: 'Register with these ZooKeeper servers: HOST[:PORT],...[/CHROOT]',
  },
  path: {
    type: 'text',
    form: 'a path such as /lb/workers',
    help: 'Node of the workers, such as /lb/workers: has their settings and the node providers',
  },
} as const

const { history, maxSkillAge, maxClasses, maxWarmLinks } = settingsTable
const { maxClassShare, coldLoadTimeout, maxColdLoads } = settingsTable
const concurrency = { ...settingsTable.concurrency, alias: ['c', 'threads'] }

/** Settings that can also be given on the command line. */
type SettingName =
  | 'concurrency'
  | 'maxClassShare'
  | 'coldLoadTimeout'
  | 'maxColdLoads'
  | 'history'
  | 'maxSkillAge'
  | 'maxClasses'
  | 'maxWarmLinks'

type Values = OptionValues<typeof listening> &
  OptionValues<typeof serving> &
  OptionValues<typeof tlsTable> &
  OptionValues<typeof healthTable> &
  OptionValues<typeof drainTable> &
  OptionValues<typeof draining> &
  OptionValues<Pick<typeof settingsTable, SettingName>> &
  OptionValues<typeof memoryTable> &
  OptionValues<typeof shareTable> &
  OptionValues<typeof upgradeDrainTable> &
  OptionValues<typeof resume> &
  WarmUpValues &
  OptionValues<typeof telling> &
  OptionValues<typeof registering> &
  OptionValues<typeof registrationTable> &
  OptionValues<typeof logLevelTable> &
  OptionValues<typeof checkTable>

/** The parsed and checked command line. */
export interface WorkerLine extends CommandLine {
  readonly values: Values & Readonly<Record<string, unknown>>
}

/** Options that require --zookeeper and --path. */
export const registeringOnly: readonly string[] = Object.keys(registrationTable)

export const workerSyntax: CommandSyntax = {
  name: 'resumelb-worker',
  version,
  usage: ['MODULE [options]', '--upstream http://HOST:PORT [options]'],
  description: `Serves an application to resumelb load balancers.
MODULE is a path or a package. It exports a request listener, an application (Express, Fastify, Koa,
Hono ...), an http.Server, or a factory, which is a function declared without parameters that
returns one of these. WebSockets and other upgrades go to the server, or to the export
upgrade(request, socket, head).`,
  groups: [
    {
      title: 'Serving:',
      options: {
        ...{ ...listening, ...serving, ...drainTable, ...draining, ...upgradeDrainTable },
        ...{ concurrency, maxClassShare, coldLoadTimeout, maxColdLoads },
        ...{ ...shareTable, ...memoryTable },
      },
    },
    { title: 'Health:', options: healthTable },
    { title: 'TLS:', options: tlsTable },
    { title: 'Résumé:', options: { history, maxSkillAge, maxClasses, maxWarmLinks, ...resume } },
    { title: 'Warm-up:', options: warmUpCommandTable },
    {
      title: 'Logging, description and checks:',
      options: { ...telling, ...logLevelTable, ...checkTable },
    },
    { title: 'ZooKeeper:', options: { ...registering, ...registrationTable } },
  ],
  examples: [
    ['./app.js -a 127.0.0.1:8000', 'Serve the default export of app.js'],
    ['./app.js --export create -c 4', 'Serve what create() returns, 4 requests at once'],
    ['--upstream http://127.0.0.1:9000', 'Make any HTTP server a worker'],
    ['./app.js --zookeeper 127.0.0.1:2181 --path /lb/workers', 'Register for zkresumelb'],
  ],
  epilogue: [
    'Times are in seconds, or have a unit: 500ms, 10s, 2m, 1h, 1d.',
    'SIGTERM and SIGINT drain: the worker unregisters, tells the load balancers, and finishes requests',
    'in progress. The properties history, max_skill_age and concurrency (or threads) of the node',
    'override the options as soon as they change.',
    'Exit status: 0 after draining, 1 after a failure or with unfinished requests, 2 usage error.',
  ],
}

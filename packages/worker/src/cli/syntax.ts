/** What resumelb-worker takes. */
import type { OptionValues } from '@resumelb/common'
import { type CommandLine, type CommandSyntax, logLevelTable } from '@resumelb/common/cli'
import { memoryTable, settingsTable } from '../options.ts'
import { version } from '../software.ts'

const serving = {
  address: {
    type: 'address',
    alias: 'a',
    default: '127.0.0.1:0',
    help: 'Where to listen for load balancers; port 0: any free one',
  },
  export: {
    type: 'text',
    form: 'the name of an export',
    default: 'default',
    help: 'Which export of MODULE to serve',
  },
  upstream: {
    type: 'text',
    form: 'an origin such as http://127.0.0.1:9000',
    help: 'Serve this HTTP server instead of a module',
  },
  drainTimeout: {
    default: 30_000,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    help: 'How long requests may take to finish after SIGTERM or SIGINT',
  },
} as const

const resume = {
  resumeFile: {
    type: 'text',
    form: 'the path of a file',
    alias: 'r',
    help: 'Keep the résumé in this file over restarts',
  },
} as const

const telling = {
  description: {
    type: 'text',
    form: 'a text',
    alias: 'd',
    default: '',
    help: 'A word for people, in the status of load balancers',
  },
  workerVersion: {
    type: 'text',
    form: 'a text',
    default: '',
    help: 'Version of the application, for load balancers that serve a single one',
  },
  tracelog: {
    type: 'text',
    form: 'the path of a file',
    help: 'Write every step of every request to this file',
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
    help: 'The node of the workers, such as /lb/workers: settings, and parent of providers',
  },
  advertise: {
    type: 'text',
    form: 'a host name or an IP address',
    help: 'Host that load balancers should dial, if not the one of --address',
  },
  zkAuth: {
    type: 'text',
    form: 'USER:PASSWORD',
    otherwise: 'RESUMELB_ZK_AUTH of the environment',
    help: 'USER:PASSWORD for ZooKeeper',
  },
  sessionTimeout: {
    default: 10_000,
    min: 400,
    max: 3_600_000,
    unit: 'ms',
    help: 'Silence after which ZooKeeper gives up a worker',
  },
} as const

const { history, maxSkillAge, maxClasses } = settingsTable
const concurrency = { ...settingsTable.concurrency, alias: ['c', 'threads'] }

/** Settings that a command line can give, too. */
type SettingName = 'concurrency' | 'history' | 'maxSkillAge' | 'maxClasses'

type Values = OptionValues<typeof serving> &
  OptionValues<Pick<typeof settingsTable, SettingName>> &
  OptionValues<typeof memoryTable> &
  OptionValues<typeof resume> &
  OptionValues<typeof telling> &
  OptionValues<typeof registering> &
  OptionValues<typeof logLevelTable>

/** What was typed, checked. */
export interface WorkerLine extends CommandLine {
  readonly values: Values & Readonly<Record<string, unknown>>
}

/** Options that mean something only with --zookeeper or --path. */
export const registeringOnly: readonly string[] = ['advertise', 'zkAuth', 'sessionTimeout']

export const workerSyntax: CommandSyntax = {
  name: 'resumelb-worker',
  version,
  usage: ['MODULE [options]', '--upstream http://HOST:PORT [options]'],
  description: `Serves an application to resumelb load balancers.
MODULE is a path or a package. It exports a request listener, an application (Express, Fastify, Koa,
Hono ...) or a function that makes one: a function declared without parameters is taken for such a
maker, and is called.`,
  groups: [
    { title: 'Serving:', options: { ...serving, concurrency, ...memoryTable } },
    { title: 'Résumé:', options: { history, maxSkillAge, maxClasses, ...resume } },
    { title: 'Telling:', options: { ...telling, ...logLevelTable } },
    { title: 'ZooKeeper:', options: registering },
  ],
  examples: [
    ['./app.js -a 127.0.0.1:8000', 'Serve the default export of app.js'],
    ['./app.js --export create -c 4', 'Serve what create() makes, 4 requests at once'],
    ['--upstream http://127.0.0.1:9000', 'Make any HTTP server a worker'],
    ['./app.js --zookeeper 127.0.0.1:2181 --path /lb/workers', 'Let zkresumelb find it'],
  ],
  epilogue: [
    'Times are in seconds, or have a unit: 500ms, 10s, 2m, 1h, 1d.',
    'SIGTERM and SIGINT drain: the registration is taken back, load balancers are told, requests in',
    "progress are finished. The node's properties history, max_skill_age, concurrency (or threads)",
    'override the options at once.',
    'Exit codes: 0 after draining, 1 after a failure or if requests were left unfinished, 2 for a',
    'mistake in the command.',
  ],
}

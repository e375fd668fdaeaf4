/** The command `zkresumelb`: a load balancer whose workers and settings are in a ZooKeeper tree. */
import { type Logger, parseAddress } from '@resumelb/common'
import { runCommand, UsageError } from '@resumelb/common/cli'
import { createLogger } from '@resumelb/common/pino'
import { connectionStringFrom, defaultSessionOptions, parseCredential } from '@resumelb/zookeeper'
import type { Options } from 'yargs'
import { StatusServer } from '../admin/status-server.ts'
import { attributeForms } from '../classify/attribute.ts'
import { classifyByHost } from '../classify/by-host.ts'
import { classifyByVersion, splitVersion } from '../classify/by-version.ts'
import { type ZooKeeperOptions, zookeeperWorkers } from '../discovery/zookeeper.ts'
import type { LoadBalancerOptions } from '../load-balancer.ts'
import { singleVersionSettings } from '../pool/wrappers/single-version-pool.ts'
import { namesExport } from './load-export.ts'
import { lastOf, loadBalancerOptions, type SharedArguments, sharedOptions } from './options.ts'
import { commandParser, leaving } from './parser.ts'
import { run, type Service } from './run.ts'
import { TreeSettings } from './tree-settings.ts'

interface Arguments extends SharedArguments {
  readonly zookeeper: string | undefined
  readonly path: string | undefined
  readonly advertise: string | undefined
  readonly zkAuth: string | undefined
  /** Seconds. */
  readonly sessionTimeout: number
  readonly statusServer: string | undefined
  readonly singleVersion: boolean
  /** Seconds. */
  readonly versionHandover: number
  readonly versionFrom: string | undefined
  readonly versionClasses: boolean
}

/** Letters of the short options that have a value. */
const valueLetters = 'ablmLrepst'

/** Unlike `resumelb`, and like zc.resumelb's command, it has the pools' own defaults. */
const usualSettings = {}

const tree: Record<string, Options> = {
  advertise: { type: 'string', describe: 'Host to register, if not the one of --address' },
  'zk-auth': {
    type: 'string',
    describe: 'USER:PASSWORD for ZooKeeper  [default: RESUMELB_ZK_AUTH of the environment]',
  },
  'session-timeout': {
    type: 'number',
    default: defaultSessionOptions.sessionTimeout / 1000,
    describe: 'Seconds after which ZooKeeper gives up a load balancer that says nothing',
  },
  'status-server': {
    alias: 's',
    type: 'string',
    describe: 'Tell the backlogs, as JSON, to whoever connects to this unix socket',
  },
}

const versions: Record<string, Options> = {
  'single-version': {
    alias: 'v',
    type: 'boolean',
    default: false,
    describe: 'Give work only to the version that the most workers have',
  },
  'version-handover': {
    type: 'number',
    default: singleVersionSettings.handover.default,
    describe: 'Seconds in which work moves from one single version to another',
  },
  'version-from': {
    type: 'string',
    describe: `Requests say which version they want: an attribute (${attributeForms})`,
  },
  'version-classes': {
    type: 'boolean',
    default: false,
    describe: 'The classifier names classes VERSION/CLASS, for workers of that version',
  },
}

function options(): Record<string, Options> {
  const shared = sharedOptions(usualSettings)
  const named = (group: string, members: Record<string, Options>) =>
    Object.entries(members).map(([name, option]) => [name, { ...option, group, coerce: lastOf }])
  const { alias: _short, ...variance } = shared['variance'] ?? {}
  return {
    ...shared,
    variance,
    pool: { ...shared['pool'], alias: 'p' },
    address: { ...shared['address'], default: ':0' },
    'client-timeout': { ...shared['client-timeout'], alias: ['t', 'socket-timeout'] },
    ...Object.fromEntries(named('ZooKeeper:', tree)),
    ...Object.fromEntries(named('Versions of the application:', versions)),
    zookeeper: { type: 'string', hidden: true },
    path: { type: 'string', hidden: true },
  }
}

const examples: readonly (readonly [string, string])[] = [
  ['$0 -LINFO 127.0.0.1:2181 /lb', 'Workers from /lb/workers/providers, any free port'],
  ['$0 -a :8080 zk1,zk2,zk3 /lb', 'Listen on port 8080; three ZooKeeper servers'],
  ['$0 -v --version-handover 60 zk1 /lb', 'Move from one version to the next within a minute'],
  ['$0 --version-from cookie:version zk1 /lb', 'Let requests choose the version'],
]

async function readArguments(words: readonly string[]): Promise<Arguments> {
  const parser = commandParser(words, {
    name: 'zkresumelb',
    usage: [
      '$0 [options] CONNECTION PATH\n',
      'Balances HTTP requests over the workers that are registered under PATH/workers/providers.\n' +
        'CONNECTION names the ZooKeeper servers: HOST[:PORT],...[/CHROOT].\n' +
        "PATH's properties are settings (price, move_gap, ...) that override the options.",
    ],
    options: options(),
    valueLetters,
    examples,
    epilogue: [
      'While ZooKeeper is away, the known workers go on serving; a load balancer that is started then',
      'waits for it, and does not listen before it knows who is there.',
      ...leaving,
    ],
  })
  const parsed = await parser.parseAsync()
  if (parsed['help'] || parsed['version']) process.exit(0)
  const { _: named, ...args } = parsed
  if (named.length > 2) throw new UsageError('Expected CONNECTION and PATH, and nothing else')
  const [path = args['path'], zookeeper = args['zookeeper']] = named.map(String).reverse()
  return { ...args, path, zookeeper } as unknown as Arguments
}

function zookeeperOptions(
  args: Arguments,
  settings: Readonly<Record<string, unknown>>,
  log: Logger,
): ZooKeeperOptions {
  const { path, advertise } = args
  if (!path?.startsWith('/')) {
    throw new UsageError('Expected CONNECTION and PATH, such as 127.0.0.1:2181 /lb')
  }
  const auth = args.zkAuth ?? process.env['RESUMELB_ZK_AUTH']
  const live = new TreeSettings(settings, { takesOthers: namesExport(args.pool), path, log })
  return {
    zookeeper: connectionStringFrom(args.zookeeper, process.env['ZC_ZK_CONNECTION_STRING']),
    path,
    sessionTimeout: args.sessionTimeout * 1000,
    settingsOf: (properties) => live.take(properties),
    log,
    ...(advertise !== undefined && { advertise }),
    ...(auth && { credentials: [parseCredential(auth)] }),
  }
}

/** The options of the load balancer that versions ask for. */
function versionOptions(args: Arguments, given: LoadBalancerOptions): LoadBalancerOptions {
  const { singleVersion, versionClasses, versionFrom } = args
  const isRequested = versionClasses || versionFrom !== undefined
  if (singleVersion && isRequested) {
    throw new UsageError('Either a single version, or versions that requests choose')
  }
  if (singleVersion) {
    return { versions: 'single', settings: { ...given.settings, handover: args.versionHandover } }
  }
  if (!isRequested) return {}
  const named = given.classifier ?? classifyByHost
  const classifier =
    versionFrom === undefined ? splitVersion(named) : classifyByVersion(versionFrom, named)
  return { versions: 'requested', classifier }
}

function statusServer(path: string | undefined): Service | undefined {
  if (path === undefined) return undefined
  let server: StatusServer | undefined
  return {
    start: async (balancer) => {
      server = new StatusServer(path, balancer)
      await server.start()
    },
    stop: async () => server?.stop(),
  }
}

async function main(): Promise<number> {
  const args = await readArguments(process.argv.slice(2))
  parseAddress(args.address)
  const log = createLogger(args.logLevel)
  const given = await loadBalancerOptions(args, usualSettings)
  const all = { ...given, ...versionOptions(args, given) }
  const discovery = zookeeperWorkers(zookeeperOptions(args, all.settings ?? {}, log))
  return run('zkresumelb', args, all, discovery, log, statusServer(args.statusServer))
}

await runCommand('zkresumelb', main)

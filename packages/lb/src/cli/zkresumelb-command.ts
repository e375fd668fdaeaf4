/** The command `zkresumelb`: a load balancer with workers and settings in a ZooKeeper tree. */
import type { Logger } from '@resumelb/common'
import { readCommandLine, UsageError } from '@resumelb/common/cli'
import { createLogger } from '@resumelb/common/pino'
import {
  checkConnectionString,
  checkPath,
  connectionStringFrom,
  type NodeSettings,
  parseCredential,
} from '@resumelb/zookeeper'
import { classifyByHost } from '../classify/by-host.ts'
import { classifyByVersion, splitVersion } from '../classify/by-version.ts'
import { type ZooKeeperOptions, zookeeperWorkers } from '../discovery/zookeeper.ts'
import type { LoadBalancerOptions } from '../load-balancer-options.ts'
import { namesExport } from './load-export.ts'
import { type Plan, planFrom } from './plan.ts'
import type { OwnOptions } from './reloader.ts'
import { logMembers, takeInheritance } from './restart/inheritance.ts'
import { run } from './run.ts'
import { treeSettings } from './tree-settings.ts'
import { type ZooKeeperLine, zkresumelbSyntax } from './zkresumelb-syntax.ts'

/** CONNECTION and PATH, or PATH alone. */
function placeOf({ words, values, labelOf }: ZooKeeperLine): { zookeeper: string; path: string } {
  if (words.length > 2) {
    throw new UsageError(`Expected CONNECTION and PATH, and nothing else, got ${words.join(' ')}`)
  }
  const [path = values.path, connection = values.zookeeper] = [...words].reverse()
  if (path === undefined) {
    throw new UsageError('Expected CONNECTION and PATH, such as 127.0.0.1:2181 /lb')
  }
  const label = words.length > 0 ? 'PATH' : labelOf('path')
  checkPath(path, label)
  const zookeeper = connectionStringFrom(connection, process.env['ZC_ZK_CONNECTION_STRING'])
  checkConnectionString(zookeeper, words.length === 2 ? 'CONNECTION' : labelOf('zookeeper'))
  return { zookeeper, path }
}

function zookeeperOptions(line: ZooKeeperLine, live: NodeSettings, log: Logger): ZooKeeperOptions {
  const { advertise, sessionTimeout } = line.values
  const auth = line.values.zkAuth ?? process.env['RESUMELB_ZK_AUTH']
  return {
    ...placeOf(line),
    sessionTimeout,
    settingsOf: (properties) => live.take(properties),
    log,
    ...(advertise !== undefined && { advertise }),
    ...(auth && { credentials: [parseCredential(auth, line.labelOf('zkAuth'))] }),
  }
}

/** The options for versions. */
function versionOptions(line: ZooKeeperLine, given: LoadBalancerOptions): LoadBalancerOptions {
  const { singleVersion, versionClasses, versionFrom, versionHandover } = line.values
  const isRequested = versionClasses || versionFrom !== undefined
  if (singleVersion && isRequested) {
    throw new UsageError('--single-version excludes --version-from and --version-classes')
  }
  if (!singleVersion && line.isGiven('versionHandover')) {
    throw new UsageError(`${line.labelOf('versionHandover')} requires --single-version`)
  }
  if (singleVersion) {
    return { versions: 'single', settings: { ...given.settings, handover: versionHandover } }
  }
  if (!isRequested) return {}
  const named = given.classifier ?? classifyByHost
  const classifier =
    versionFrom === undefined
      ? splitVersion(named)
      : classifyByVersion(versionFrom, named, line.labelOf('versionFrom'))
  return { versions: 'requested', classifier }
}

function readLine(typed: readonly string[]): ZooKeeperLine {
  return readCommandLine(typed, zkresumelbSyntax) as ZooKeeperLine
}

/** Runs the command. Resolves with the exit status. */
export async function zkresumelb(typed: readonly string[]): Promise<number> {
  const first = readLine(typed)
  const { values } = first
  const inheritance = takeInheritance(process.env, process.pid)
  const members = logMembers(inheritance)
  const log = createLogger(values.logLevel, first.labelOf('logLevel'), process.env, members)
  const planOf = async (line: ZooKeeperLine): Promise<Plan> => {
    placeOf(line)
    const given = await planFrom(line, {}, log)
    const options = { ...given.options, ...versionOptions(line, given.options) }
    return { ...given, options: options as LoadBalancerOptions, workers: [] }
  }
  const read = async () => planOf(readLine(typed))
  const plan = await planOf(first)
  const { path } = placeOf(first)
  const takesOthers = namesExport(values.pool)
  const live = treeSettings(plan.options.settings ?? {}, { takesOthers, path, log })
  const discovery = zookeeperWorkers(zookeeperOptions(first, live, log))
  const own = (): OwnOptions => ({
    names: ['versionHandover'],
    apply: () => undefined,
    settingsOf: ({ options }) => live.rebase(options.settings ?? {}),
  })
  const { statusServer } = values
  return run({ name: 'zkresumelb', plan, read, own, discovery, statusServer, inheritance, log })
}

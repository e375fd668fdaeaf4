/** The command `zkresumelb`: a load balancer with workers and settings in a ZooKeeper tree. */
import type { Logger } from '@resumelb/common'
import { readCommandLine, UsageError } from '@resumelb/common/cli'
import { createLogger } from '@resumelb/common/pino'
import {
  checkConnectionString,
  checkPath,
  connectionStringFrom,
  parseCredential,
} from '@resumelb/zookeeper'
import { classifyByHost } from '../classify/by-host.ts'
import { classifyByVersion, splitVersion } from '../classify/by-version.ts'
import { type ZooKeeperOptions, zookeeperWorkers } from '../discovery/zookeeper.ts'
import type { LoadBalancerOptions } from '../load-balancer-options.ts'
import { certificatesFrom } from './certificates-option.ts'
import { namesExport } from './load-export.ts'
import { loadBalancerOptions } from './options.ts'
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

function zookeeperOptions(
  line: ZooKeeperLine,
  settings: Readonly<Record<string, unknown>>,
  log: Logger,
): ZooKeeperOptions {
  const { zookeeper, path } = placeOf(line)
  const { advertise, pool, sessionTimeout } = line.values
  const auth = line.values.zkAuth ?? process.env['RESUMELB_ZK_AUTH']
  const live = treeSettings(settings, { takesOthers: namesExport(pool), path, log })
  return {
    zookeeper,
    path,
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
    versionFrom === undefined ? splitVersion(named) : classifyByVersion(versionFrom, named)
  return { versions: 'requested', classifier }
}

/** Runs the command. Resolves with the exit status. */
export async function zkresumelb(words: readonly string[]): Promise<number> {
  const line = readCommandLine(words, zkresumelbSyntax) as ZooKeeperLine
  const { values, labelOf } = line
  const log = createLogger(values.logLevel, labelOf('logLevel'))
  const given = await loadBalancerOptions(line, {}, log)
  const options = { ...given, ...versionOptions(line, given) } as LoadBalancerOptions
  const discovery = zookeeperWorkers(zookeeperOptions(line, options.settings ?? {}, log))
  const { statusServer } = values
  const certificates = certificatesFrom(line, log)
  return run({ name: 'zkresumelb', values, certificates, options, discovery, statusServer, log })
}

/** The registration with ZooKeeper, from the options of resumelb-worker. */
import { isUnixAddress, type Logger, OptionError, parseListenAddress } from '@resumelb/common'
import { type Service, UsageError } from '@resumelb/common/cli'
import {
  checkConnectionString,
  checkPath,
  connectionStringFrom,
  parseCredential,
} from '@resumelb/zookeeper'
import type { WorkerOptions } from '../options.ts'
import { registerWorker, type WorkerRegistration } from '../registration/register-worker.ts'
import type { Worker } from '../worker.ts'
import { registeringOnly, type WorkerLine } from './syntax.ts'

/**
 * Creates the service for a listening worker; `undefined` if the options ask for none. Throws if
 * they do not fit together.
 */
export function registrationFrom(
  line: WorkerLine,
  options: WorkerOptions,
  log: Logger,
): ((worker: Worker) => Service) | undefined {
  const { path, advertise, sessionTimeout } = line.values
  if (path === undefined) return refuseWithoutPath(line)
  checkPath(path, line.labelOf('path'))
  refuseUnixSocket(line)
  const { zookeeper: given, zkAuth } = line.values
  const zookeeper = connectionStringFrom(given, process.env['ZC_ZK_CONNECTION_STRING'])
  checkConnectionString(zookeeper, line.labelOf('zookeeper'))
  const auth = zkAuth ?? process.env['RESUMELB_ZK_AUTH']
  const { description, version } = options
  const fixed = {
    zookeeper,
    path,
    settings: options,
    sessionTimeout,
    log,
    ...(advertise !== undefined && { advertise }),
    ...(description !== undefined && { description }),
    ...(version !== undefined && { version }),
    ...(auth && { credentials: [parseCredential(auth, line.labelOf('zkAuth'))] }),
  }
  return (worker) => {
    let registration: WorkerRegistration | undefined
    return {
      start: async () => {
        registration = registerWorker(worker, fixed)
      },
      stop: async () => registration?.unregister(),
    }
  }
}

/** Load balancers on other machines could not use it. */
function refuseUnixSocket({ values, labelOf }: WorkerLine): void {
  const { address } = parseListenAddress(values.address, labelOf('address'), ['mode'])
  if (!isUnixAddress(address)) return
  const expectation = `HOST:PORT with ${labelOf('path')}`
  throw new OptionError(labelOf('address'), expectation, values.address)
}

function refuseWithoutPath({ isGiven, labelOf }: WorkerLine): undefined {
  if (isGiven('zookeeper')) {
    throw new OptionError(
      labelOf('path'),
      'given with --zookeeper, such as /lb/workers',
      undefined,
      {
        shown: 'nothing',
      },
    )
  }
  const [lonely] = registeringOnly.filter(isGiven)
  if (lonely !== undefined) {
    throw new UsageError(`${labelOf(lonely)} requires --zookeeper and --path`)
  }
  return undefined
}

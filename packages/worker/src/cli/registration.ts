/** The registration that the options of resumelb-worker ask for. */
import type { Logger } from '@resumelb/protocol'
import {
  connectionStringFrom,
  parseCredential,
  OptionError as ZooKeeperOptionError,
} from '@resumelb/zookeeper'
import { OptionError } from '../errors.ts'
import type { WorkerOptions } from '../options.ts'
import { registerWorker, type WorkerRegistration } from '../registration/register-worker.ts'
import { UsageError } from './command.ts'
import type { Arguments } from './options.ts'
import type { Service } from './run.ts'

/** `undefined` if none is asked for. Throws an error if the options do not go together. */
export function registrationFrom(
  argv: Arguments,
  options: WorkerOptions,
  log: Logger,
): Service | undefined {
  const { path, advertise } = argv
  if (path === undefined) {
    if (argv.zookeeper === undefined) return undefined
    throw new OptionError('path', 'given with --zookeeper, such as /lb/workers', path)
  }
  const auth = argv.zkAuth ?? process.env['RESUMELB_ZK_AUTH']
  const { description, version } = options
  const fixed = {
    zookeeper: connectionStringFrom(argv.zookeeper, process.env['ZC_ZK_CONNECTION_STRING']),
    path,
    settings: options,
    sessionTimeout: argv.sessionTimeout * 1000,
    log,
    ...(advertise !== undefined && { advertise }),
    ...(description !== undefined && { description }),
    ...(version !== undefined && { version }),
    ...(auth && { credentials: [explained(() => parseCredential(auth))] }),
  }
  let registration: WorkerRegistration | undefined
  return {
    start: async (worker) => {
      registration = explained(() => registerWorker(worker, fixed))
    },
    stop: async () => registration?.unregister(),
  }
}

/** What is wrong with the options of a session is wrong with what was typed. */
function explained<Result>(action: () => Result): Result {
  try {
    return action()
  } catch (error) {
    throw error instanceof ZooKeeperOptionError ? new UsageError(error.message) : error
  }
}

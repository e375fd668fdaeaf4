/** The registration that the options of resumelb-worker ask for. */
import { type Logger, OptionError } from '@resumelb/common'
import { connectionStringFrom, parseCredential } from '@resumelb/zookeeper'
import type { WorkerOptions } from '../options.ts'
import { registerWorker, type WorkerRegistration } from '../registration/register-worker.ts'
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
    ...(auth && { credentials: [parseCredential(auth)] }),
  }
  let registration: WorkerRegistration | undefined
  return {
    start: async (worker) => {
      registration = registerWorker(worker, fixed)
    },
    stop: async () => registration?.unregister(),
  }
}

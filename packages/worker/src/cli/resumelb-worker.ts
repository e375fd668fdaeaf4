/** The command resumelb-worker: serves an application to resumelb load balancers. */
import { type Logger, parseAddress } from '@resumelb/common'
import { runCommand, splitShortOptions, UsageError } from '@resumelb/common/cli'
import { createLogger } from '@resumelb/common/pino'
import yargs from 'yargs'
import type { Handler } from '../handler.ts'
import type { WorkerOptions } from '../options.ts'
import { version } from '../software.ts'
import { Upstream } from '../upstream/upstream.ts'
import { Worker } from '../worker.ts'
import { loadApplication } from './load-application.ts'
import { type Arguments, valueLetters, withOptions } from './options.ts'
import { registrationFrom } from './registration.ts'
import { run, type Service } from './run.ts'

async function readArguments(words: readonly string[]): Promise<Arguments> {
  const parser = withOptions(yargs(splitShortOptions(words, valueLetters)))
    .version(version)
    .exitProcess(false)
    .fail((message, error) => {
      throw new UsageError(message ?? error.message)
    })
  const argv = await parser.parseAsync()
  if (argv['help'] || argv['version']) process.exit(0)
  return argv as unknown as Arguments
}

function upstreamFrom(argv: Arguments, log: Logger): Upstream | undefined {
  if (argv.upstream === undefined) return undefined
  if (argv._.length > 0) throw new UsageError('Give either MODULE or --upstream')
  return new Upstream(argv.upstream, { log })
}

function loadHandler(argv: Arguments): Promise<Handler> {
  const [module, ...more] = argv._
  if (module === undefined) throw new UsageError('What to serve? Give MODULE or --upstream')
  if (more.length > 0) throw new UsageError(`Expected one MODULE, got ${more.join(' ')} as well`)
  return loadApplication(String(module), argv.export)
}

function workerOptions(argv: Arguments): WorkerOptions {
  return {
    history: argv.history,
    maxClasses: argv.maxClasses,
    description: argv.description,
    version: argv.workerVersion,
    ...(argv.concurrency !== undefined && { concurrency: argv.concurrency }),
    ...(argv.maxSkillAge !== undefined && { maxSkillAge: argv.maxSkillAge }),
    ...(argv.resumeFile !== undefined && { resumeFile: argv.resumeFile }),
    ...(argv.tracelog !== undefined && { tracelog: argv.tracelog }),
  }
}

/** Says for the worker whether the server behind it can be connected to; until that is known, not. */
function watchOver(upstream: Upstream, worker: Worker): Service {
  worker.setReady(false)
  return {
    start: async () => upstream.watch((isReady) => worker.setReady(isReady)),
    stop: async () => upstream.close(),
  }
}

function isGiven(service: Service | undefined): service is Service {
  return service !== undefined
}

async function main(): Promise<number> {
  const argv = await readArguments(process.argv.slice(2))
  const address = parseAddress(argv.address)
  const log = createLogger(argv.logLevel)
  const upstream = upstreamFrom(argv, log)
  const handler = upstream?.handle ?? (await loadHandler(argv))
  const options = workerOptions(argv)
  const registration = registrationFrom(argv, options, log)
  const worker = new Worker(handler, options, { log })
  const services = [upstream && watchOver(upstream, worker), registration].filter(isGiven)
  const drainTimeout = argv.drainTimeout * 1000
  return run(worker, { address, drainTimeout, log, services })
}

await runCommand('resumelb-worker', main)

/** The command resumelb-worker: serves an application to resumelb load balancers. */
import { type Logger, parseAddress } from '@resumelb/common'
import { runCommand, splitShortOptions, UsageError } from '@resumelb/common/cli'
import { createLogger } from '@resumelb/common/pino'
import yargs from 'yargs'
import type { Handler } from '../handler.ts'
import type { WorkerOptions } from '../options.ts'
import { version } from '../software.ts'
import { createUpstream } from '../upstream/upstream.ts'
import { Worker } from '../worker.ts'
import { loadApplication } from './load-application.ts'
import { type Arguments, valueLetters, withOptions } from './options.ts'
import { registrationFrom } from './registration.ts'
import { run } from './run.ts'

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

function createHandler(argv: Arguments, log: Logger): Handler | Promise<Handler> {
  const [module, ...more] = argv._
  if (argv.upstream !== undefined) {
    if (module !== undefined) throw new UsageError('Give either MODULE or --upstream')
    return createUpstream(argv.upstream, log)
  }
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

async function main(): Promise<number> {
  const argv = await readArguments(process.argv.slice(2))
  const address = parseAddress(argv.address)
  const log = createLogger(argv.logLevel)
  const handler = await createHandler(argv, log)
  const options = workerOptions(argv)
  const service = registrationFrom(argv, options, log)
  const worker = new Worker(handler, options, { log })
  const drainTimeout = argv.drainTimeout * 1000
  return run(worker, { address, drainTimeout, log, ...(service && { service }) })
}

await runCommand('resumelb-worker', main)

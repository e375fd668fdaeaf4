/** The command resumelb-worker: serves an application to resumelb load balancers. */
import { parseAddress } from '@resumelb/protocol'
import yargs from 'yargs'
import { hideBin } from 'yargs/helpers'
import type { Handler } from '../handler.ts'
import type { WorkerOptions } from '../options.ts'
import { version } from '../software.ts'
import { createUpstream } from '../upstream.ts'
import { Worker } from '../worker.ts'
import { loadApplication } from './load-application.ts'
import { createLogger } from './logger.ts'
import { type Arguments, withOptions } from './options.ts'
import { registrationFrom } from './registration.ts'
import { run } from './run.ts'

const parser = withOptions(yargs(hideBin(process.argv)))
  .version(version)
  .fail((message, error) => fail(`${message ?? error.message}\nTry resumelb-worker --help.`, 2))

function fail(message: string, status: number): never {
  console.error(`resumelb-worker: ${message}`)
  process.exit(status)
}

function createHandler(argv: Arguments): Handler | Promise<Handler> {
  const [module, ...more] = argv._
  if (argv.upstream !== undefined) {
    if (module !== undefined) fail('Give either MODULE or --upstream.', 2)
    return createUpstream(argv.upstream)
  }
  if (module === undefined) fail('What to serve? Give MODULE or --upstream. Try --help.', 2)
  if (more.length > 0) fail(`Expected one MODULE, got ${more.join(' ')} as well.`, 2)
  return loadApplication(String(module), argv.export)
}

function workerOptions(argv: Arguments): WorkerOptions {
  return {
    concurrency: argv.concurrency,
    history: argv.history,
    maxClasses: argv.maxClasses,
    description: argv.description,
    version: argv.workerVersion,
    ...(argv.maxSkillAge !== undefined && { maxSkillAge: argv.maxSkillAge }),
    ...(argv.resumeFile !== undefined && { resumeFile: argv.resumeFile }),
    ...(argv.tracelog !== undefined && { tracelog: argv.tracelog }),
  }
}

try {
  const argv = (await parser.parseAsync()) as Arguments
  const log = createLogger(argv.logLevel, 'resumelb-worker')
  const handler = await createHandler(argv)
  const options = workerOptions(argv)
  const companion = registrationFrom(argv, options, log)
  const worker = new Worker(handler, options, { log })
  const address = parseAddress(argv.address)
  const drainTimeout = argv.drainTimeout * 1000
  process.exit(await run(worker, { address, drainTimeout, log, ...(companion && { companion }) }))
} catch (error) {
  const { name, message, stack } = error as Error
  if (name === 'OptionError') fail(message, 2)
  const { code } = error as NodeJS.ErrnoException
  fail(name === 'ModuleError' || code !== undefined ? message : (stack ?? message), 1)
}

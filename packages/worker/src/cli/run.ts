/** Runs a worker until it is told to end. */
import { type Address, awaitedClock, formatAddress, type Logger, within } from '@resumelb/common'
import { ignoreSignals, shutdownSignal } from '@resumelb/common/cli'
import type { Worker } from '../worker.ts'

/** What begins and ends with a worker: a registration, the watch over an upstream. */
export interface Service {
  /** The worker listens there. */
  start(worker: Worker, address: Address): Promise<void>
  /** The worker is about to drain: nobody new should find it. */
  stop(): Promise<void>
}

export interface RunOptions {
  readonly address: Address
  /** Milliseconds that requests in progress have to finish. */
  readonly drainTimeout: number
  readonly log: Logger
  /** In the order in which they start; they stop the other way round. */
  readonly services: readonly Service[]
}

/**
 * Listens, and resolves with the exit status after SIGTERM or SIGINT and draining: 0 if every request
 * was finished, 1 if some were not at the deadline. A second signal ends at once.
 */
export async function run(worker: Worker, options: RunOptions): Promise<number> {
  const { log, services } = options
  ignoreSignals(['SIGHUP', 'SIGUSR1', 'SIGUSR2'], (signal) =>
    log.info({ signal }, 'signal ignored'),
  )
  const address = await worker.listen(options.address)
  log.info({ address: formatAddress(address), pid: process.pid }, 'worker listening')
  for (const service of services) await service.start(worker, address)
  const signal = await shutdownSignal((again) => {
    log.warn({ signal: again, backlog: worker.backlog }, 'told again: leaving at once')
    process.exit(1)
  })
  log.info({ signal, backlog: worker.backlog }, 'stopping: finishing what is in progress')
  for (const service of [...services].reverse()) await service.stop()
  const isDrained = await within(options.drainTimeout, worker.drain(), awaitedClock)
  if (!isDrained)
    log.warn({ backlog: worker.backlog }, 'drain timeout: leaving requests unfinished')
  await worker.close()
  log.info({}, 'worker stopped')
  return isDrained ? 0 : 1
}

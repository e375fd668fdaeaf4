/** Runs a worker until a signal. */
import {
  awaitedClock,
  formatAddress,
  type ListenAddress,
  type Logger,
  within,
} from '@resumelb/common'
import {
  ignoreSignals,
  runServices,
  type Service,
  ServiceManager,
  shutdownSignal,
} from '@resumelb/common/cli'
import type { PeerCertificates } from '@resumelb/protocol'
import type { Worker } from '../worker.ts'

export interface RunOptions {
  readonly address: ListenAddress
  /** Milliseconds that requests in progress have to finish. */
  readonly drainTimeout: number
  /** Milliseconds that upgraded connections have to close. */
  readonly upgradeDrainTimeout: number
  /** Milliseconds before draining in which classes are handed over. */
  readonly handOverTime: number
  /** Milliseconds of {@link drainTimeout} in which sessions are served. */
  readonly sessionTime: number
  /** Read again at SIGHUP. */
  readonly tls: PeerCertificates | undefined
  readonly log: Logger
  /**
   * A service that starts after the worker listens, and stops before it drains, so that no new load
   * balancer finds the worker then.
   */
  readonly services: readonly Service[]
}

/**
 * Listens, and resolves with the exit status after SIGTERM or SIGINT and draining: 0 if every
 * request was finished, 1 if some were not at the deadline. A second signal ends at once.
 */
export async function run(worker: Worker, options: RunOptions): Promise<number> {
  const listening = new ListeningWorker(worker, options)
  const manager = new ServiceManager({ log: options.log })
  const ready: Service = { start: () => manager.ready(), stop: async () => undefined }
  const services = [listening, ...options.services, ready]
  await runServices(services, untilSignalled(worker, manager, options))
  return listening.isDrained ? 0 : 1
}

class ListeningWorker implements Service {
  readonly #worker: Worker
  readonly #options: RunOptions
  #isDrained = false

  constructor(worker: Worker, options: RunOptions) {
    this.#worker = worker
    this.#options = options
  }

  /** Whether every request was finished before the worker closed. */
  get isDrained(): boolean {
    return this.#isDrained
  }

  async start(): Promise<void> {
    const { address: place, mode } = this.#options.address
    const address = await this.#worker.listen(place, mode).catch((error: NodeJS.ErrnoException) => {
      if (error.syscall === 'listen') error.message = `--address: ${error.message}`
      throw error
    })
    const facts = { address: formatAddress(address), pid: process.pid }
    this.#options.log.info(facts, 'worker listening')
  }

  async stop(): Promise<void> {
    const worker = this.#worker
    const { handOverTime, drainTimeout, upgradeDrainTimeout, sessionTime, log } = this.#options
    if (handOverTime > 0) await worker.handOver(handOverTime)
    const drained = worker.drain({ sessionTime })
    this.#isDrained = await within(drainTimeout, drained, awaitedClock)
    if (!this.#isDrained && worker.upgradedConnections > 0) {
      this.#isDrained = worker.backlog === worker.upgradedConnections
      // Closing the worker tells load balancers to close the WebSockets.
      await within(Math.max(0, upgradeDrainTimeout - drainTimeout), drained, awaitedClock)
    }
    if (!this.#isDrained) {
      log.warn({ backlog: worker.backlog }, 'drain timeout: exiting with unfinished requests')
    }
    await worker.close()
    log.info({}, 'worker stopped')
  }
}

async function untilSignalled(
  worker: Worker,
  manager: ServiceManager,
  { handOverTime, drainTimeout, upgradeDrainTimeout, tls, log }: RunOptions,
): Promise<void> {
  const ignored = [
    'SIGUSR1',
    'SIGUSR2',
    ...(tls === undefined ? (['SIGHUP'] as const) : []),
  ] as const
  ignoreSignals(ignored, (signal) => log.info({ signal }, 'signal ignored'))
  if (tls !== undefined) process.on('SIGHUP', () => tls.reload())
  const signal = await shutdownSignal((again) => {
    log.warn({ signal: again, backlog: worker.backlog }, 'second signal: exiting now')
    process.exit(1)
  })
  manager.stopping(handOverTime + Math.max(drainTimeout, upgradeDrainTimeout))
  log.info({ signal, backlog: worker.backlog }, 'stopping: finishing requests in progress')
}

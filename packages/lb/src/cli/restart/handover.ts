/**
 * Hands over to another process without losing a connection: the successor gets the listening
 * sockets, and this process drains once it serves.
 */
import type { Logger } from '@resumelb/common'
import type { Service, ServiceManager } from '@resumelb/common/cli'
import type { MeasuredResumes } from '../../workers/upstream/measured-resume.ts'
import type { Inheritance } from './inheritance.ts'
import type { ListeningSockets } from './listening-sockets.ts'
import { type HandoverMessage, messageOf } from './messages.ts'
import { Successor } from './successor.ts'

export interface HandoverOptions {
  readonly inheritance: Inheritance
  readonly sockets: ListeningSockets
  /** How many workers are ready. */
  readonly readyWorkers: () => number | Promise<number>
  /** What was measured of `http://` workers, if this process measures. */
  readonly measuredResumes?: () => MeasuredResumes
  /** Called when the successor serves, before this process stops. */
  readonly onHandedOver: () => void
  /** What only one of the two processes can have: stopped before the other goes on. */
  readonly exclusive: readonly Pick<Service, 'stop'>[]
  readonly manager: Pick<ServiceManager, 'ready' | 'leave'>
  readonly log: Logger
}

/**
 * As a service, it is started when the clients are served, and stopped before they are no longer.
 * What only one process can have, such as a registration, is started after it.
 */
export class Handover implements Service {
  readonly #options: HandoverOptions
  /** Resolves when a successor serves: this process is to leave. */
  readonly done: Promise<void>
  #resolve: () => void = () => undefined
  #successor: Successor | undefined
  /** Whether it was asked for before this process could hand over. */
  #isWanted = false
  /** Whether a restart is under way. */
  #isBegun = false
  #state: 'starting' | 'serving' | 'stopping' | 'done' = 'starting'

  constructor(options: HandoverOptions) {
    this.#options = options
    this.done = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  /** Starts a successor, once this process serves by itself. One that fails changes nothing. */
  async begin(): Promise<void> {
    const { sockets, readyWorkers, measuredResumes, onHandedOver, manager, log } = this.#options
    if (this.#state === 'starting') {
      this.#isWanted = true
      return
    }
    const refusal = this.#refusal
    if (refusal !== undefined) return log.error({ reason: refusal }, 'cannot restart')
    log.info({ pid: process.pid }, 'restarting: starting the new process')
    this.#isBegun = true
    try {
      const predecessor = {
        pid: process.pid,
        readyWorkers: await readyWorkers(),
        sendsResumes: measuredResumes !== undefined,
      }
      if (this.#state !== 'serving') return
      this.#successor = new Successor({ sockets: sockets.open, predecessor })
      if (measuredResumes !== undefined) void this.#successor.sendResumes(measuredResumes())
      await this.#successor.ready()
    } catch (error) {
      this.#isBegun = false
      this.#successor = undefined
      const { message: reason } = error as Error
      return log.error({ reason }, 'the new process failed to start: this one continues')
    }
    // It has received a signal to stop meanwhile, and has ended the successor.
    if (this.#state !== 'serving') return
    log.info({ pid: this.#successor.pid }, 'the new process serves: this one drains')
    this.#state = 'done'
    manager.leave()
    onHandedOver()
    this.#resolve()
  }

  /** Tells the predecessor, if there is one, and waits until it has left what only one can have. */
  async start(): Promise<void> {
    const { inheritance, sockets, manager, log } = this.#options
    const unused = sockets.closeUnused()
    if (unused.length > 0) log.warn({ unused }, 'sockets passed that no --address names')
    await manager.ready()
    if (inheritance.predecessor !== undefined) await untilReleased()
    sockets.own()
    if (this.#state !== 'starting') return
    this.#state = 'serving'
    if (this.#isWanted) void this.begin()
  }

  /** After a hand-over, lets the successor go on. Ends one that does not serve yet. */
  async stop(): Promise<void> {
    if (this.#state !== 'done') {
      this.#state = 'stopping'
      return this.#successor?.abandon()
    }
    for (const service of this.#options.exclusive) await service.stop()
    this.#successor?.release()
  }

  get #refusal(): string | undefined {
    if (this.#state !== 'serving') return `this process is ${this.#state}`
    if (this.#isBegun) return 'a restart is in progress already'
    return process.pid === 1 ? 'this process has PID 1: its end would end the container' : undefined
  }
}

/** Resolves when the predecessor has released what only one can have, or has ended. */
async function untilReleased(): Promise<void> {
  if (!process.connected) return
  const message: HandoverMessage = { handover: 'ready' }
  await new Promise<void>((resolve) => {
    process.once('disconnect', resolve)
    process.on('message', (received) => {
      if (messageOf(received, 'released') !== undefined) resolve()
    })
    process.send?.(message)
  })
  if (process.connected) process.disconnect()
}

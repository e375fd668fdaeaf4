/** Serves requests of load balancers, and publishes its skills to them. */
import { createServer, type Server, type Socket } from 'node:net'
import {
  type Address,
  addressOfServer,
  type Clock,
  type Logger,
  listenAt,
  type SlotLimits,
  Slots,
  systemClock,
  within,
} from '@resumelb/common'
import { defaultLogger } from '@resumelb/common/pino'
import type {
  Load,
  RequestHead,
  Resume,
  Stream,
  StreamHandler,
  WorkerHello,
  WorkerState,
} from '@resumelb/protocol'
import { ResumeKeeper, ResumeStore } from '@resumelb/resume'
import { acceptErrorReporter } from './accept-errors.ts'
import { type Balancer, Balancers } from './balancers.ts'
import { EventLoopMeter } from './event-loop-meter.ts'
import { type Handler, toListener, upgradeListenerOf } from './handler.ts'
import {
  type DrainOptions,
  type ResolvedOptions,
  type ResolvedSettings,
  resolveOptions,
  resolveSettings,
  type WorkerOptions,
  type WorkerSettings,
} from './options.ts'
import { Publisher } from './publisher.ts'
import { refused } from './refused.ts'
import { createSecureServer } from './secure-server.ts'
import { Task, type TaskContext } from './task.ts'
import { TraceLog } from './trace-log.ts'
import type { WorkerContext } from './worker-context.ts'

/** Milliseconds between two publications of load and résumé. */
const publishInterval = 1_000

/**
 * Milliseconds in which requests are still served that were sent before a load balancer knew that
 * the worker is draining.
 */
const drainGrace = 1_000

/**
 * Maximum number of requests in progress, queued, or with a handler but no client. Further ones are
 * refused: each may hold a window of its body.
 */
const maxRequests = 16_384

/** What the requests share; the trace log is opened when the worker listens. */
type OwnTaskContext = Omit<TaskContext, 'trace'> & { trace: TraceLog | undefined }

export class Worker {
  readonly #options: ResolvedOptions
  readonly #log: Logger
  readonly #clock: Clock
  readonly #keeper: ResumeKeeper
  readonly #store: ResumeStore
  readonly #slots: Slots
  readonly #balancers: Balancers
  readonly #publisher: Publisher
  readonly #server: Server
  readonly #meter: EventLoopMeter = new EventLoopMeter()
  readonly #context: OwnTaskContext
  #settings: ResolvedSettings
  #state: 'ready' | 'unready' | 'draining' = 'ready'
  #eventLoopDelay = 0
  /** It is draining, and still takes requests of sessions. */
  #takesSessions = false
  /** Whether every load balancer has had time to learn that this worker is draining. */
  #refusesNew = false
  #cancelTick: () => void = () => undefined
  #draining: Promise<void> | undefined
  #closing: Promise<void> | undefined

  /** Throws an {@link OptionError} for an invalid option, a TypeError for an invalid handler. */
  constructor(handler: Handler, options: WorkerOptions = {}, context: WorkerContext = {}) {
    const handle = toListener(handler)
    this.#options = resolveOptions(options)
    this.#settings = resolveSettings(options)
    this.#log = context.log ?? defaultLogger()
    this.#clock = context.clock ?? systemClock
    this.#keeper = new ResumeKeeper(this.#settings.resume)
    const { resumeFile } = this.#options
    this.#store = new ResumeStore(resumeFile, this.#keeper, this.#clock, this.#log)
    this.#slots = new Slots(slotLimitsOf(this.#settings), {
      now: () => this.#clock.now(),
      later: (callback) => setImmediate(callback),
    })
    this.#balancers = new Balancers(
      {
        onRequest: (balancer, stream, head, body, isWhole) =>
          this.#onRequest(balancer, stream, head, body, isWhole),
      },
      {
        log: this.#log,
        clock: this.#clock,
        connection: this.#options.connection,
        maxQueued: this.#options.maxQueued,
      },
    )
    this.#publisher = new Publisher(this.#balancers, this.#keeper)
    this.#server = this.#createServer()
    this.#context = {
      handle,
      upgrade: options.upgrade ?? upgradeListenerOf(handler),
      server: this.#server,
      keeper: this.#keeper,
      slots: this.#slots,
      balancers: this.#balancers,
      log: this.#log,
      clock: this.#clock,
      trace: undefined,
      onServed: (now) => this.#publisher.publishResume(now),
    }
  }

  #createServer(): Server {
    const accept = (socket: Socket) => this.#balancers.accept(socket, this.#hello())
    const { tls, connection } = this.#options
    if (tls === undefined) return createServer(accept)
    return createSecureServer({
      certificates: tls,
      handshakeTimeout: connection.helloTimeout,
      onSocket: accept,
      onRefused: (from, reason) => this.#balancers.refused(from, reason),
    })
  }

  /** The address where it listens; throws before {@link listen}. */
  get address(): Address {
    return addressOfServer(this.#server)
  }

  /** Its skills now. */
  get resume(): Resume {
    return this.#keeper.resume(this.#now())
  }

  /** Requests in progress or queued. */
  get backlog(): number {
    return this.#balancers.requests
  }

  /** Those in {@link backlog} that are upgraded connections, such as WebSockets. */
  get upgradedConnections(): number {
    return this.#balancers.upgradedConnections
  }

  get state(): WorkerState {
    return this.#state
  }

  /**
   * Whether it can serve for now. While it cannot, load balancers send it requests only if no other
   * worker is left.
   */
  setReady(isReady: boolean): void {
    if (this.#state === 'draining') return
    this.#state = isReady ? 'ready' : 'unready'
    this.#publisher.publishLoad(this.#load)
  }

  /**
   * Loads the résumé and begins to listen. `mode` is that of a unix socket, such as 0o660; by
   * default the umask decides. Rejects if it cannot listen at the address.
   */
  async listen(address: Address = { host: '127.0.0.1', port: 0 }, mode?: number): Promise<Address> {
    const { tracelog } = this.#options
    if (tracelog !== undefined) this.#openTrace(tracelog)
    await this.#store.load()
    await listenAt(this.#server, address, { mode })
    const report = acceptErrorReporter(this.#log, this.#clock)
    this.#server.on('error', (error) => {
      // Usually file descriptors have run out: closes connections that are not of load balancers.
      this.#balancers.dropGuests()
      report(error)
    })
    this.#meter.start()
    this.#tick()
    return this.address
  }

  #openTrace(tracelog: string): void {
    this.#context.trace = TraceLog.open(tracelog, (error) =>
      this.#log.error({ err: error, tracelog }, 'trace log lines lost'),
    )
  }

  /** Replaces the settings that can change; those not given get their defaults. */
  updateSettings(settings: WorkerSettings): void {
    this.#settings = resolveSettings(settings)
    this.#keeper.updateOptions(this.#settings.resume)
    this.#slots.limits = slotLimitsOf(this.#settings)
    this.#publisher.publishLoad(this.#load)
  }

  /**
   * Tells the load balancers to send nothing new, finishes what is in progress, and resolves when
   * everything has been handed to the system and no more can come.
   */
  drain(options: DrainOptions = {}): Promise<void> {
    this.#draining ??= this.#drain(options)
    return this.#draining
  }

  async #drain({ sessionTime = 0 }: DrainOptions): Promise<void> {
    this.#state = 'draining'
    this.#takesSessions = sessionTime > 0 && this.#balancers.keepSessions
    this.#log.info({ backlog: this.backlog, takesSessions: this.#takesSessions }, 'draining')
    this.#server.close()
    this.#publisher.publishLoad(this.#load)
    if (this.#takesSessions) {
      await within(sessionTime, this.#balancers.gone(), this.#clock)
      this.#takesSessions = false
      this.#publisher.publishLoad(this.#load)
    }
    await within(drainGrace, this.#balancers.gone(), this.#clock)
    this.#refusesNew = true
    await this.#balancers.quiet()
  }

  /**
   * Ends all connections, with whatever runs on them, saves the résumé, and resolves when the load
   * balancers have received the last bytes, or do not read them.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#cancelTick()
    this.#meter.stop()
    if (this.#server.listening) this.#server.close()
    await Promise.all([this.#balancers.close(), this.#store.save()])
    this.#context.trace?.close()
  }

  #onRequest(
    balancer: Balancer,
    stream: Stream,
    head: RequestHead,
    body: Buffer | undefined,
    isWhole: boolean,
  ): StreamHandler {
    const isFull = this.#slots.running + this.#slots.waiting >= maxRequests
    if (!isFull && !this.#refusesNew)
      return new Task(this.#context, balancer, stream, head, body, isWhole).exchange
    stream.reset('REFUSED')
    return refused
  }

  /** Publishes what changed, once a second. */
  #tick(): void {
    this.#cancelTick = this.#clock.after(publishInterval, () => this.#tick())
    this.#eventLoopDelay = this.#meter.take()
    this.#publisher.publishLoad(this.#load)
    this.#publisher.publishResume(this.#now())
    this.#store.saveIfDue()
  }

  get #load(): Load {
    return {
      state: this.#state,
      concurrency: this.#settings.advertisedConcurrency,
      requests: this.backlog,
      eventLoopDelay: this.#eventLoopDelay,
      ...(this.#takesSessions && { takesSessions: true }),
    }
  }

  #hello(): WorkerHello {
    const { description, version, standby, capacity } = this.#options
    const balancers = this.#balancers.connected
    const upgrades = this.#context.upgrade !== undefined
    const self = { description, version, standby, capacity, balancers, upgrades }
    const resume = this.#publisher.helloResume(this.#now())
    return { ...self, load: this.#load, resume }
  }

  /** The time in seconds, as the résumé needs it. */
  #now(): number {
    return this.#clock.now() / 1000
  }
}

function slotLimitsOf({ concurrency, maxClassShare }: ResolvedSettings): SlotLimits {
  return { limit: concurrency, share: maxClassShare }
}

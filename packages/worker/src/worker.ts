/** Serves requests of load balancers, and publishes its skills to them. */
import type { Server } from 'node:net'
import {
  type Address,
  addressOfServer,
  type Clock,
  type Logger,
  listenAt,
  Slots,
  systemClock,
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
import { NewClassPublisher, ResumeKeeper, ResumeStore, WarmthPublisher } from '@resumelb/resume'
import { acceptErrorReporter } from './accept-errors.ts'
import { type Balancer, Balancers } from './balancers.ts'
import { createWorkerServer } from './create-server.ts'
import { Draining } from './draining.ts'
import { EventLoopMeter } from './event-loop-meter.ts'
import { type Handler, toListener, upgradeListenerOf } from './handler.ts'
import { Maintenance, type MaintenanceOptions } from './maintenance.ts'
import {
  type DrainOptions,
  type ResolvedOptions,
  type ResolvedSettings,
  resolveOptions,
  resolveSettings,
  slotLimitsOf,
  type WorkerOptions,
  type WorkerSettings,
} from './options.ts'
import { Publisher } from './publisher.ts'
import { refused } from './refused.ts'
import { Task, type TaskContext } from './task.ts'
import { TraceLog } from './trace-log.ts'
import type { UpgradeExchange } from './upgrade/upgrade-exchange.ts'
import { Warmer } from './warm-up/warmer.ts'
import type { WorkerContext } from './worker-context.ts'

/** Milliseconds between two publications of load and résumé. */
const publishInterval = 1_000

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
  readonly #warmth: WarmthPublisher
  readonly #newClasses: NewClassPublisher
  readonly #server: Server
  readonly #meter: EventLoopMeter = new EventLoopMeter()
  readonly #context: OwnTaskContext
  #settings: ResolvedSettings
  readonly #warmer: Warmer
  readonly #stopping: Draining
  readonly #maintenance: Maintenance
  readonly #publishLoad = () => this.#publisher.publishLoad(this.#load)
  #isReady = true
  #eventLoopDelay = 0
  #cancelTick: () => void = () => undefined
  #closing: Promise<void> | undefined

  /** Throws an {@link OptionError} for an invalid option, a TypeError for an invalid handler. */
  constructor(handler: Handler, options: WorkerOptions = {}, context: WorkerContext = {}) {
    const handle = toListener(handler)
    this.#options = resolveOptions(options)
    this.#settings = resolveSettings(options)
    this.#log = context.log ?? defaultLogger()
    this.#clock = context.clock ?? systemClock
    const { connection, maxQueued, resumeFile, warmUp } = this.#options
    const basics = { log: this.#log, clock: this.#clock }
    this.#keeper = new ResumeKeeper(this.#settings.resume)
    this.#slots = new Slots(slotLimitsOf(this.#settings), this.#clock, setImmediate)
    this.#balancers = new Balancers(
      {
        onRequest: this.#onRequest.bind(this),
        onHandOver: (...step) => this.#warmer.onHandOver(...step),
        onConnected: (connection) => this.#warmer.onConnected(connection),
        onLost: (connection) => this.#warmer.onLost(connection),
      },
      {
        ...{ ...basics, connection, maxQueued, handsOver: warmUp.warmUp !== 'off' },
        warmLinks: () => this.#keeper.warm.warmLinks(),
        load: () => this.#load,
      },
    )
    this.#publisher = new Publisher(this.#balancers, this.#keeper, this.#clock)
    this.#warmth = new WarmthPublisher(this.#keeper.warm, this.#clock, (changes) =>
      this.#balancers.tellWarmth(changes),
    )
    this.#newClasses = new NewClassPublisher(this.#keeper, this.#clock, (changes) =>
      this.#balancers.tellResume(changes),
    )
    this.#server = createWorkerServer(this.#options, this.#balancers, () => this.#hello())
    const [balancers, publish] = [this.#balancers, this.#publishLoad]
    this.#stopping = new Draining({ ...basics, balancers, publish })
    const upgraded: Set<UpgradeExchange> = new Set()
    this.#maintenance = new Maintenance({
      ...{ ...basics, balancers, publish, upgraded },
      handOver: (time) => this.handOver(time),
      stay: () => this.#warmer.stay(),
    })
    const onServed = (now: number) => this.#publisher.publishResume(now)
    const [keeper, slots, server] = [this.#keeper, this.#slots, this.#server]
    const onWarmth = () => this.#warmth.changed()
    const shared = { ...basics, handle, keeper, slots, server, onServed, onWarmth }
    const handingOver = () => this.#balancers.handingOver
    const onChange = () => this.#publisher.publishAll(this.#load, this.#now())
    const concurrency = () => this.#settings.concurrency
    this.#warmer = new Warmer(warmUp, { ...shared, concurrency, handingOver, onChange })
    const { recorder } = this.#warmer
    this.#store = new ResumeStore(resumeFile, this.#keeper, this.#clock, this.#log, recorder)
    this.#context = {
      ...shared,
      newClasses: this.#newClasses,
      concurrency: () => this.#settings.advertisedConcurrency,
      upgrade: options.upgrade ?? upgradeListenerOf(handler),
      balancers,
      trace: undefined,
      recorder,
      upgraded,
    }
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

  /** `draining` also during maintenance. */
  get state(): WorkerState {
    if (this.#stopping.hasBegun || this.#maintenance.isOn) return 'draining'
    if (!this.#isReady) return 'unready'
    return this.#warmer.progress === undefined ? 'ready' : 'warming'
  }

  /**
   * Whether it can serve for now. While it cannot, load balancers send it requests only if no other
   * worker is left. A worker that warms up begins with that when it is ready for the first time.
   */
  setReady(isReady: boolean): void {
    this.#isReady = isReady
    if (isReady) this.#warmer.begin()
    this.#publishLoad()
  }

  /**
   * Takes the worker out of service until {@link endMaintenance}: as in {@link drain}, load
   * balancers send nothing new, and what is in progress is finished; but they stay connected. With
   * `handOverTime`, classes are handed over before.
   */
  beginMaintenance(options: MaintenanceOptions = {}): void {
    if (!this.#stopping.hasBegun) this.#maintenance.begin(options)
  }

  endMaintenance(): void {
    this.#maintenance.end()
  }

  /**
   * Says that the application has lost its caches: it is no longer warm for any chain. The worker
   * learns anew what it is warm for; what it takes by size stays known.
   */
  forgetWarmth(): void {
    this.#keeper.forgetWarmth()
    this.#warmth.changed()
  }

  /**
   * Loads the résumé and begins to listen. `mode` is that of a unix socket, such as 0o660; by
   * default the umask decides. Rejects if it cannot listen at the address.
   */
  async listen(address: Address = { host: '127.0.0.1', port: 0 }, mode?: number): Promise<Address> {
    const { tracelog } = this.#options
    if (tracelog !== undefined) {
      this.#context.trace = TraceLog.open(tracelog, (error) =>
        this.#log.error({ err: error, tracelog }, 'trace log lines lost'),
      )
    }
    await this.#store.load()
    this.#warmer.plan()
    await listenAt(this.#server, address, { mode })
    const report = acceptErrorReporter(this.#log, this.#clock)
    this.#server.on('error', (error) => {
      // Usually file descriptors have run out: closes connections that are not of load balancers.
      this.#balancers.dropGuests()
      report(error)
    })
    this.#meter.start()
    if (this.#isReady) this.#warmer.begin()
    this.#tick()
    return this.address
  }

  /** Replaces the settings that can change; those not given get their defaults. */
  updateSettings(settings: WorkerSettings): void {
    this.#settings = resolveSettings(settings)
    this.#keeper.updateOptions(this.#settings.resume)
    this.#slots.limits = slotLimitsOf(this.#settings)
    this.#publishLoad()
  }

  /**
   * Hands the classes of a worker that warms up (`warmUp`) over to others, which get warm for them.
   * Resolves when they are, or after so many milliseconds; at once if there is nothing to hand over
   * or no load balancer that knows how. To be called before {@link drain}.
   */
  async handOver(milliseconds: number): Promise<void> {
    if (this.state === 'ready') await this.#warmer.handOver(milliseconds)
  }

  /**
   * Tells the load balancers to send nothing new, finishes what is in progress, and resolves when
   * everything has been handed to the system and no more can come.
   */
  drain(options: DrainOptions = {}): Promise<void> {
    this.#warmer.stop()
    this.#maintenance.stop()
    this.#server.close()
    return this.#stopping.run(options)
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
    this.#warmth.stop()
    this.#publisher.stop()
    this.#newClasses.stop()
    this.#warmer.stop()
    this.#maintenance.stop()
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
    if (!isFull && !this.#stopping.refusesNew)
      return new Task(this.#context, balancer, stream, head, body, isWhole).exchange
    stream.reset('REFUSED')
    return refused
  }

  /** Publishes what changed, once a second. */
  #tick(): void {
    this.#cancelTick = this.#clock.after(publishInterval, () => this.#tick())
    this.#eventLoopDelay = this.#meter.take()
    this.#publishLoad()
    this.#publisher.publishResume(this.#now())
    this.#store.saveIfDue()
  }

  get #load(): Load {
    const warmUp = this.state === 'warming' ? this.#warmer.progress : undefined
    const takesSessions = this.#stopping.takesSessions || this.#maintenance.takesSessions
    return {
      state: this.state,
      concurrency: this.#settings.advertisedConcurrency,
      requests: this.backlog,
      eventLoopDelay: this.#eventLoopDelay,
      ...(this.#isUnlimited && { unlimited: true }),
      ...(takesSessions && { takesSessions }),
      ...(this.#maintenance.isOn && { maintenance: true }),
      ...(warmUp && { warmUp }),
    }
  }

  get #isUnlimited(): boolean {
    return this.#settings.concurrency === Number.POSITIVE_INFINITY
  }

  #hello(): WorkerHello {
    const { description, version, standby, capacity } = this.#options
    const balancers = this.#balancers.connected
    const upgrades = this.#context.upgrade !== undefined
    const unlimited = this.#isUnlimited
    const self = { description, version, standby, capacity, unlimited, balancers, upgrades }
    const resume = this.#publisher.helloResume(this.#now())
    const { warmth } = this.#keeper
    return { ...self, load: this.#load, resume, ...(warmth && { warmth }) }
  }

  /** The time in seconds, as the résumé needs it. */
  #now(): number {
    return this.#clock.now() / 1000
  }
}

/** Serves requests of load balancers, and tells them how good it is at what. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import {
  type Address,
  type Clock,
  type Load,
  type Report,
  type RequestHead,
  type Resume,
  type Stream,
  type StreamHandler,
  systemClock,
  type WorkerHello,
  type WorkerState,
} from '@resumelb/protocol'
import { type Balancer, Balancers } from './balancers.ts'
import { EventLoopMeter } from './event-loop-meter.ts'
import { type Handler, type RequestListener, toListener } from './handler.ts'
import { type Ending, Exchange, type ExchangeListener } from './http/exchange.ts'
import { type Logger, silentLogger } from './log.ts'
import {
  type ResolvedOptions,
  type ResolvedSettings,
  resolveOptions,
  resolveSettings,
  type WorkerOptions,
  type WorkerSettings,
} from './options.ts'
import { ResumeKeeper } from './resume/resume-keeper.ts'
import { loadResume, saveResume } from './resume-file.ts'
import { Slots } from './slots.ts'
import { TraceLog } from './trace-log.ts'

/** Milliseconds between two words about load and résumé. */
const tellInterval = 1_000

/** Milliseconds between two saves of the résumé. */
const saveInterval = 60_000

/**
 * Milliseconds in which requests that were sent before a load balancer has heard of the draining
 * are still served.
 */
const drainGrace = 1_000

/** What the worker's edges may be replaced by. */
export interface WorkerContext {
  readonly log?: Logger
  readonly clock?: Clock
}

/** What is known of a request while its handler works. */
interface Task {
  readonly balancer: Balancer
  /** Seconds it was expected to take. */
  readonly expected: number
  /** Milliseconds; when the handler was called, or undefined while the request waits. */
  startedAt: number | undefined
}

export class Worker {
  readonly #listener: RequestListener
  readonly #options: ResolvedOptions
  readonly #log: Logger
  readonly #clock: Clock
  readonly #keeper: ResumeKeeper
  readonly #slots: Slots
  readonly #balancers: Balancers
  readonly #server: Server
  readonly #meter: EventLoopMeter = new EventLoopMeter()
  readonly #tasks: Map<Exchange, Task> = new Map()
  readonly #exchanges: ExchangeListener
  #settings: ResolvedSettings
  #state: WorkerState = 'ready'
  #eventLoopDelay = 0
  /** The load that was told last, as text. */
  #toldLoad = ''
  #drainingSince = 0
  #savedAt = 0
  #cancelTick: () => void = () => undefined
  #trace: TraceLog | undefined
  /** Called whenever draining may have come to its end. */
  #onQuiet: (() => void) | undefined
  #closing: Promise<void> | undefined

  /** Throws an {@link OptionError} if an option cannot be, a TypeError if the handler cannot. */
  constructor(handler: Handler, options: WorkerOptions = {}, context: WorkerContext = {}) {
    this.#listener = toListener(handler)
    this.#options = resolveOptions(options)
    this.#settings = resolveSettings(options)
    this.#log = context.log ?? silentLogger
    this.#clock = context.clock ?? systemClock
    this.#keeper = new ResumeKeeper(this.#settings.resume)
    this.#slots = new Slots(this.#settings.concurrency)
    this.#balancers = new Balancers(this.#options.connection, this.#log, {
      onRequest: (balancer, stream, head, body, isWhole) =>
        this.#onRequest(balancer, stream, head, body, isWhole),
      onLeft: () => this.#onQuiet?.(),
    })
    this.#exchanges = {
      onEnd: (exchange, ending) => this.#onEnd(exchange, ending),
      onBodyRead: ({ head }, bytes) => this.#trace?.write('I', head.id, bytes),
      onNote: ({ head }, text, code) => this.#trace?.note(head.id, text, code),
      onOver: ({ head }) => {
        this.#trace?.write('E', head.id)
        this.#onQuiet?.()
      },
      onError: (exchange, error) =>
        this.#log.error(
          { err: error, id: exchange.head.id, url: exchange.head.url },
          'handler failed',
        ),
    }
    this.#server = createServer((socket) => this.#balancers.welcome(socket, this.#hello()))
  }

  /** Where it listens; throws before {@link listen}. */
  get address(): Address {
    const address = this.#server.address()
    if (address === null || typeof address === 'string')
      throw new Error('the worker is not listening')
    return { host: address.address, port: address.port }
  }

  /** Its skills now. */
  get resume(): Resume {
    return this.#keeper.resume(this.#now())
  }

  /** Requests in progress or waiting. */
  get backlog(): number {
    return this.#balancers.requests
  }

  get state(): WorkerState {
    return this.#state
  }

  /** Loads the résumé and begins to listen. Rejects if the address cannot be had. */
  async listen(address: Address = { host: '127.0.0.1', port: 0 }): Promise<Address> {
    const { tracelog } = this.#options
    if (tracelog !== undefined) this.#trace = TraceLog.open(tracelog)
    await this.#loadResume()
    const { host, port } = address
    this.#server.listen(host === '' ? { port } : { host, port })
    await once(this.#server, 'listening')
    this.#meter.start()
    this.#savedAt = this.#clock.now()
    this.#tick()
    return this.address
  }

  /** Replaces the settings that can change: what is not given goes back to its default. */
  updateSettings(settings: WorkerSettings): void {
    this.#settings = resolveSettings(settings)
    this.#keeper.updateOptions(this.#settings.resume)
    this.#slots.limit = this.#settings.concurrency
    this.#tellLoad()
  }

  /**
   * Says to every load balancer that it takes nothing new, finishes what it has, and resolves when
   * that is done and no more can come.
   */
  async drain(): Promise<void> {
    if (this.#state !== 'draining') {
      this.#state = 'draining'
      this.#drainingSince = this.#clock.now()
      this.#log.info({ backlog: this.backlog }, 'draining')
      this.#server.close()
      this.#tellLoad()
    }
    await new Promise<void>((resolve) => {
      const look = () => {
        if (!this.#isDrained) return
        cancel()
        this.#onQuiet = undefined
        resolve()
      }
      const cancel = this.#clock.after(drainGrace, look)
      this.#onQuiet = look
      look()
    })
  }

  /** Ends all connections at once, saves the résumé and is gone. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#cancelTick()
    this.#meter.stop()
    this.#balancers.close()
    if (this.#server.listening) this.#server.close()
    await this.#saveResume()
    this.#trace?.close()
  }

  /** Nothing is in progress, and no load balancer is left that could not have heard of it. */
  get #isDrained(): boolean {
    if (this.backlog > 0) return false
    return this.#balancers.size === 0 || this.#clock.now() - this.#drainingSince >= drainGrace
  }

  #onRequest(
    balancer: Balancer,
    stream: Stream,
    head: RequestHead,
    body: Buffer | undefined,
    isWhole: boolean,
  ): StreamHandler {
    if (this.#state === 'draining' && this.#clock.now() - this.#drainingSince >= drainGrace) {
      stream.reset('REFUSED')
      return refused
    }
    const expected = this.#keeper.expectedSeconds(head.requestClass)
    const task: Task = { balancer, expected, startedAt: undefined }
    this.#balancers.begin(balancer, expected)
    this.#trace?.write('B', head.id, `${head.method} ${head.url}`)
    const exchange = new Exchange(stream, head, body, isWhole, this.#exchanges)
    this.#tasks.set(exchange, task)
    this.#slots.enter(() => this.#begin(exchange, task))
    return exchange
  }

  #begin(exchange: Exchange, task: Task): void {
    // Given up while it waited: the slot goes to the next one.
    if (exchange.isEnded) {
      this.#slots.leave()
      return
    }
    task.startedAt = this.#clock.now()
    this.#trace?.write('C', exchange.head.id)
    exchange.run(this.#listener)
  }

  /** The handler is done with it, or nobody wants it any more. */
  #onEnd(exchange: Exchange, ending: Ending): Report | undefined {
    const task = this.#tasks.get(exchange)
    if (task === undefined) return undefined
    this.#tasks.delete(exchange)
    this.#balancers.end(task.balancer, task.expected)
    if (task.startedAt === undefined) return undefined
    this.#slots.leave()
    this.#trace?.write('A', exchange.head.id, `${ending.status} ${ending.bytes}`)
    if (ending.isAbandoned) return undefined
    const now = this.#now()
    const seconds = (now * 1000 - task.startedAt) / 1000
    const others = this.#balancers.othersThan(task.balancer)
    if (!ending.isServed) return { seconds, others }
    const { requestClass } = exchange.head
    this.#keeper.finish(requestClass, seconds, now)
    const skill = this.#keeper.skill(requestClass, now)
    return skill === undefined ? { seconds, others } : { seconds, others, skill }
  }

  /** Tells what changed, once a second. */
  #tick(): void {
    this.#cancelTick = this.#clock.after(tellInterval, () => this.#tick())
    this.#eventLoopDelay = this.#meter.take()
    this.#tellLoad()
    const now = this.#now()
    if (this.#keeper.isDue(now)) this.#balancers.tellResume(this.#keeper.takeChanges(now))
    if (this.#clock.now() - this.#savedAt >= saveInterval) void this.#saveResume()
  }

  #tellLoad(): void {
    const load = this.#load
    const text = JSON.stringify({ ...load, eventLoopDelay: Math.round(load.eventLoopDelay / 10) })
    if (text === this.#toldLoad) return
    this.#toldLoad = text
    this.#balancers.tellLoad(load)
  }

  get #load(): Load {
    return {
      state: this.#state,
      concurrency: this.#settings.concurrency,
      requests: this.backlog,
      eventLoopDelay: this.#eventLoopDelay,
    }
  }

  #hello(): WorkerHello {
    const { description, version } = this.#options
    return { description, version, load: this.#load, resume: this.resume }
  }

  async #loadResume(): Promise<void> {
    const { resumeFile } = this.#options
    if (resumeFile === undefined) return
    try {
      const saved = await loadResume(resumeFile)
      const classes = saved === undefined ? 0 : this.#keeper.load(saved, this.#now())
      this.#log.info({ resumeFile, classes }, 'résumé loaded')
    } catch (error) {
      this.#log.warn({ err: error, resumeFile }, 'cannot read the résumé: beginning without')
    }
  }

  async #saveResume(): Promise<void> {
    const { resumeFile } = this.#options
    this.#savedAt = this.#clock.now()
    if (resumeFile === undefined) return
    try {
      await saveResume(resumeFile, this.resume)
    } catch (error) {
      this.#log.error({ err: error, resumeFile }, 'cannot save the résumé')
    }
  }

  /** Seconds, as the résumé counts. */
  #now(): number {
    return this.#clock.now() / 1000
  }
}

/** Hears the rest of a request that was refused. */
const refused: StreamHandler = {
  onData: () => undefined,
  onEnd: () => undefined,
  onReset: () => undefined,
  onDrain: () => undefined,
}

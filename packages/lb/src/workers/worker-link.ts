/** The connection to one worker: connects until it succeeds, and reports what the worker sends. */
import { type Address, parseAddress } from '@resumelb/common'
import {
  type Connection,
  type DialledSocket,
  dial,
  type HandOver,
  type Hello,
  knowsStep,
  type Load,
  type ProtocolError,
  type RequestHead,
  type Resume,
  type Stream,
  type StreamHandler,
  type WorkerHello,
} from '@resumelb/protocol'
import type { WorkerTraits, WorkerUpdate } from '../pool/pool.ts'
import { Backoff, connectGrowth } from './backoff.ts'
import type { LinkContext } from './link-context.ts'
import { checkLinkStep, type LinkState, type LinkStateName } from './link-state.ts'
import {
  effectiveShare,
  isUnlimited,
  linkTraits,
  shownState,
  stageOf,
  takesNothing,
} from './link-traits.ts'
import { presentSkills } from './present-skills.ts'
import type { Silence } from './silence.ts'
import { inSeconds, reasonOf, Trouble } from './trouble.ts'
import { watchedConnection } from './watched-connection.ts'
import type { Worker, WorkerSnapshot } from './worker.ts'
import { isSameShare, type WorkerShare, type WorkerSpec } from './worker-spec.ts'

export class WorkerLink implements Worker {
  /** The worker's address as given: the same after every restart. */
  readonly key: string
  readonly #address: Address
  readonly #context: LinkContext
  #state: LinkState = { is: 'closed' }
  readonly #backoff: Backoff
  readonly #trouble: Trouble = new Trouble()
  #worker: WorkerHello | undefined
  #load: Load | undefined
  #silence: Silence | undefined
  #share: WorkerShare
  readonly #tls: LinkContext['tls']
  /** See {@link release}. */
  #isReleased = false

  /** Starts to connect at once. */
  constructor({ address, share, serverName }: WorkerSpec, context: LinkContext) {
    this.key = address
    const { tls } = context
    const name = tls?.name ?? serverName
    this.#tls = tls && { ...tls, ...(name !== undefined && { name }) }
    this.#address = parseAddress(address)
    this.#share = share
    this.#context = context
    this.#backoff = new Backoff(context.random, connectGrowth)
    this.#connect()
  }

  get state(): LinkStateName {
    return this.#state.is
  }

  /** The worker's traits for pools; absent while it is not connected. */
  get traits(): WorkerTraits | undefined {
    const [is, worker, load] = [this.#state.is, this.#worker, this.#load]
    if (!((is === 'ready' || is === 'leaving') && worker && load)) return undefined
    const isLeaving = is === 'leaving'
    const isUnresponsive = this.#silence?.isUnresponsive === true
    return linkTraits({
      key: this.key,
      worker,
      load,
      share: this.#share,
      isLeaving,
      isUnresponsive,
    })
  }

  /** Part of {@link Worker}. */
  get isReady(): boolean {
    return this.isOpen && this.#load?.state !== 'draining'
  }

  /** Part of {@link Worker}. */
  get isOpen(): boolean {
    const state = this.#state
    if (this.#silence?.isUnresponsive || this.#isDone) return false
    return state.is === 'ready' && state.connection.isReady
  }

  /** Part of {@link Worker}. */
  get takesUpgrades(): boolean {
    return this.#worker?.upgrades === true
  }

  /** Part of {@link Worker}. */
  get hasCrashed(): boolean {
    const state = this.#state
    return 'connection' in state && state.connection.reason?.code === 'DISCONNECTED'
  }

  /** Part of {@link Worker}. */
  get isDraining(): boolean {
    return this.#load?.state === 'draining'
  }

  /** Part of {@link Worker}. */
  get handsOver(): boolean {
    return this.#state.is === 'ready' && this.#state.connection.peer?.handsOver === true
  }

  /** Part of {@link Worker}. */
  snapshot(): Omit<WorkerSnapshot, 'isHeld' | 'handingOver'> {
    const state = this.#state
    const isConnected = state.is === 'ready' || state.is === 'leaving'
    const { isStandby, capacity = 1 } = effectiveShare(this.#share, this.#worker)
    return {
      address: this.key,
      state: shownState(this.traits) ?? (state.is === 'waiting' ? 'waiting' : 'connecting'),
      isReady: this.isReady,
      isStandby,
      capacity,
      backlog: isConnected ? state.connection.openStreams : 0,
      unsentLength: isConnected ? state.connection.unsentLength : 0,
      connectedAt: isConnected ? state.since : undefined,
      lastFailure: this.#trouble.last,
      description: this.#worker?.description,
      version: this.#worker?.version,
      load: this.#load,
      isUnlimited: isUnlimited(this.#worker, this.#load),
    }
  }

  /** Sends a request to the worker; see `Connection.request`. Only when {@link isOpen}. */
  request(
    head: RequestHead,
    body: Buffer | undefined,
    isWhole: boolean,
    handler: StreamHandler,
  ): Stream {
    const state = this.#state
    if (state.is !== 'ready') throw new Error(`the link to ${this.key} is ${state.is}`)
    return state.connection.request(head, body, isWhole, handler)
  }

  /** Part of {@link Worker}. */
  handOver(message: HandOver): boolean {
    const state = this.#state
    if (state.is !== 'ready' || !knowsStep(state.connection.peer, message)) return false
    state.connection.sendHandOver(message)
    return true
  }

  /**
   * The worker is no longer wanted: it finishes its requests, then the connection is closed. Until
   * then, pools see it as draining. Other updates are still reported, so that none is missed if it
   * is recalled.
   */
  retire(): void {
    const state = this.#state
    if (state.is === 'leaving' || state.is === 'closed') return
    if (state.is !== 'ready') return void this.close()
    this.#enter({ ...state, is: 'leaving' })
    this.#tellTraits()
    void this.#closeWhenDone(state.connection)
  }

  /**
   * The worker is no longer listed, perhaps by mistake: it serves until its connection ends, and
   * the link ends with it.
   */
  release(): void {
    const { is } = this.#state
    if (is === 'ready' || is === 'leaving') this.#isReleased = true
    else void this.close()
  }

  /** Part of {@link Worker}. A worker that left keeps its connection. */
  recall(share: WorkerShare): void {
    this.#isReleased = false
    const before = this.#share
    this.#share = share
    const state = this.#state
    if (state.is === 'leaving') this.#enter({ ...state, is: 'ready' })
    else if (isSameShare(share, before)) return
    this.#tellTraits()
  }

  /** Breaks the connection; requests in progress are DISCONNECTED. Connects again. */
  disconnect(): void {
    const state = this.#state
    if (state.is !== 'ready' && state.is !== 'leaving') return
    state.connection.close('the deadline for draining the worker has passed')
  }

  /** Ends the link at once; requests in progress are DISCONNECTED. */
  async close(): Promise<void> {
    const state = this.#state
    if (state.is === 'closed') return
    this.#enter({ is: 'closed' })
    if (state.is === 'ready' || state.is === 'leaving') state.connection.close()
    else state.giveUp()
    this.#context.listener.onClosed(this, 'closed by the load balancer')
  }

  #connect(): void {
    const abort = new AbortController()
    let connection: Connection | undefined
    const giveUp = () => {
      abort.abort()
      connection?.close()
    }
    this.#enter({ is: 'connecting', giveUp })
    const { connectTimeout } = this.#context
    const tls = this.#tls
    dial(this.#address, connectTimeout, { tls, signal: abort.signal }).then(
      (socket) => {
        if (abort.signal.aborted) socket.destroy()
        else connection = this.#converse(socket)
      },
      (error: ProtocolError) => {
        if (!abort.signal.aborted) this.#onLost(error)
      },
    )
  }

  #converse(socket: DialledSocket): Connection {
    const context = { ...this.#context, tls: this.#tls, worker: this }
    const { connection, silence } = watchedConnection(socket, this.#address, context, {
      onHello: (hello) => this.#onHello(connection, hello),
      onResume: (changes, isWhole) =>
        this.#tell(isWhole ? { resume: presentSkills(changes) } : { changes }),
      onWarmth: (warmth) => this.#tell({ warmth }),
      onLoad: (load) => this.#onLoad(connection, load),
      onHandOver: (message) => this.#context.listener.onHandOver(this, message),
      onClose: (reason) => this.#onLost(reason),
    })
    this.#silence = silence
    return connection
  }

  #onHello(connection: Connection, { worker, moreSkills = 0 }: Hello): void {
    if (worker === undefined || this.#state.is !== 'connecting') return
    // The résumé may be large, and belongs to the pool from now on.
    this.#worker = { ...worker, resume: noResume }
    this.#load = worker.load
    this.#enter({ is: 'ready', connection, since: this.#context.clock.now() })
    this.#trouble.over()
    this.#tellTraits(worker.resume, moreSkills)
    const stage = stageOf(worker.load)
    if (stage !== 'serving') this.#context.listener.onStage(this, stage)
    if (this.#isLeaving) void this.#closeWhenDone(connection)
  }

  #onLoad(connection: Connection, load: Load): void {
    const before = this.#load
    this.#load = load
    if (load.others !== undefined) this.#tell({ others: load.others })
    const isSameTime = load.takesSessions === before?.takesSessions
    const stage = stageOf(load)
    const isSameStage = before !== undefined && stageOf(before) === stage
    const isSame = load.state === before?.state && load.concurrency === before.concurrency
    if (isSame && isSameTime && isSameStage) return
    this.#tellTraits()
    if (!isSameStage) this.#context.listener.onStage(this, stage)
    if (stage === 'draining' && this.#isLeaving) void this.#closeWhenDone(connection)
  }

  #tellTraits(resume?: Resume, moreSkills?: number): void {
    const { traits } = this
    if (traits === undefined) return
    this.#tell(resume === undefined ? { traits } : { traits, resume }, moreSkills)
  }

  #tell(news: WorkerUpdate, moreSkills?: number): void {
    this.#context.listener.onUpdate(this, news, moreSkills)
  }

  /**
   * Closes the connection when no request is in progress on it. The load balancer closes it instead
   * of the worker, so that no request can be in transit to a worker that has exited.
   */
  async #closeWhenDone(connection: Connection): Promise<void> {
    await connection.quiet()
    // It may have been recalled in the meantime, and even used.
    if (!this.#isLeaving || connection.openStreams > 0) return
    connection.close(this.#isDone ? 'the worker is draining' : 'the worker is no longer listed')
  }

  get #isLeaving(): boolean {
    if (this.#state.is === 'leaving') return true
    return this.#isDone && !this.#load?.maintenance
  }

  get #isDone(): boolean {
    return takesNothing(this.#load, this.#context.identity)
  }

  #onLost(error: ProtocolError): void {
    const state = this.#state
    const { clock, listener, log } = this.#context
    if (state.is === 'closed') return
    const kind = this.#context.tls === undefined ? 'plain' : 'tls'
    const reason = reasonOf(error, state.is === 'connecting' ? kind : undefined)
    if (state.is === 'leaving' || this.#isReleased) {
      this.#enter({ is: 'closed' })
      return listener.onClosed(this, reason)
    }
    const delay = this.#backoff.next(state.is === 'ready' ? clock.now() - state.since : 0)
    const giveUp = clock.after(delay, () => this.#connect())
    this.#enter({ is: 'waiting', giveUp })
    if (state.is === 'ready' && this.#load?.state === 'draining') this.#trouble.announced()
    const report = this.#trouble.failed(error.code, reason, clock.now())
    const { failures, seconds, isExpected } = report ?? {}
    const times = { failures, seconds, retrySeconds: inSeconds(delay) }
    const facts = { worker: this.key, code: error.code, reason, ...times }
    const say = report === undefined ? log.debug : isExpected ? log.info : log.warn
    say.call(log, facts, 'no connection to worker')
    if (state.is === 'ready') listener.onLost(this, reason)
  }

  #enter(state: LinkState): void {
    const from = this.#state.is
    // A new link starts by connecting.
    if (!(from === 'closed' && state.is === 'connecting')) checkLinkStep(from, state.is)
    this.#context.log.debug({ worker: this.key, from, to: state.is }, 'link state')
    this.#state = state
  }
}

const noResume: Resume = new Map()

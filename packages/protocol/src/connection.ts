/** A connection: many streams over one socket. The only user of sockets. */
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { awakeClockOf, type Clock, systemClock } from '@resumelb/common'
import { callEach } from './call-each.ts'
import { closeGracefully } from './close-gracefully.ts'
import type { ConnectionHandler } from './connection-handler.ts'
import { ControlInbox } from './control-inbox.ts'
import { ControlQueue } from './control-queue.ts'
import { FrameDecoder } from './decode.ts'
import { type ConnectionCode, ProtocolError } from './errors.ts'
import { frameTypes } from './frame.ts'
import { FrameScheduler } from './frame-scheduler.ts'
import type { HandOver } from './hand-over.ts'
import { Heartbeat } from './heartbeat.ts'
import { goodbyeRow, type Hello, type Identity, type Load, type Role } from './hello.ts'
import { listenTo } from './listen-to.ts'
import { lossOf } from './loss.ts'
import type { RequestHead } from './message.ts'
import { type ConnectionOptions, resolveConnectionOptions } from './options.ts'
import { ownHello } from './own-hello.ts'
import { Quiet } from './quiet.ts'
import { maxUnsentLength, ReadGate } from './read-gate.ts'
import type { ResumeChanges, Skill } from './resume.ts'
import type { ResumeCutter } from './resume-cutter.ts'
import { ResumeInbox } from './resume-inbox.ts'
import type { Stream } from './stream.ts'
import type { StreamHandler } from './stream-handler.ts'
import { Streams } from './streams.ts'
import type { WarmthChanges } from './warmth.ts'
import { WarmthQueue } from './warmth-queue.ts'

export class Connection {
  readonly #socket: Duplex
  readonly #role: Role
  readonly #handler: ConnectionHandler
  readonly #clock: Clock
  readonly #options: Required<ConnectionOptions>
  readonly #decoder: FrameDecoder
  readonly #scheduler: FrameScheduler
  readonly #controls: ControlQueue
  readonly #warmth: WarmthQueue
  readonly #heartbeat: Heartbeat
  readonly #inbox: ControlInbox
  readonly #resumes: ResumeInbox
  readonly #streams: Streams
  readonly #quiet: Quiet
  readonly #gate: ReadGate
  readonly #cancelHelloTimeout: () => void
  #peer: Hello | undefined
  #reason: ProtocolError | undefined
  #queuedLength = 0
  /** The skills that did not fit into our HELLO; sent after the peer's HELLO. */
  #restOfResume: ResumeCutter<Skill> | undefined

  /** Takes over a connected socket, plain or TLS, and sends HELLO. */
  constructor(
    socket: Duplex,
    identity: Identity,
    handler: ConnectionHandler,
    options: ConnectionOptions = {},
    clock: Clock = systemClock,
  ) {
    this.#socket = socket
    this.#role = identity.role
    this.#handler = handler
    this.#clock = awakeClockOf(clock)
    this.#options = resolveConnectionOptions(options)
    this.#decoder = new FrameDecoder((type, flags, id, bytes, start, end) => {
      if (this.isOver || this.#streams.receive(type, flags, id, bytes, start, end)) return
      this.#inbox.receive(type, flags, bytes, start, end)
    })
    this.#scheduler = new FrameScheduler(socket, socket instanceof Socket, {
      onTurn: () => this.#controls.addUrgent(),
      onMistake: (error) => this.#onMistake(error),
    })
    this.#controls = new ControlQueue(this.#scheduler)
    this.#warmth = new WarmthQueue(this.#scheduler, () => handler.warmLinks?.() ?? [])
    this.#quiet = new Quiet(this, (done) => {
      this.#scheduler.writer.flush()
      // Nothing more to send: called back after what was written before.
      socket.write('', done)
    })
    this.#streams = new Streams(this.#scheduler, this.#options, {
      onRequest: (stream, head, body, isWhole) =>
        this.#handler.onRequest?.(stream, head, body, isWhole),
      onQueued: (bytes) => {
        this.#queuedLength += bytes
        this.#handler.onQueued?.(bytes)
      },
      onClosed: () => this.#quiet.ended(),
    })
    this.#resumes = new ResumeInbox(this.#clock, {
      onResume: (changes, isWhole) => this.#handler.onResume?.(changes, isWhole),
      onEmpty: () => this.#gate.open(),
      onError: (error) => this.#onError(error),
    })
    this.#inbox = new ControlInbox(this.#role, {
      onHello: (hello) => this.#onHello(hello),
      onResume: (...resume) => this.#resumes.receive(...resume),
      onLoad: (load) => this.#handler.onLoad?.(load),
      onPing: () => this.#controls.pong(),
      onHandOver: (message) => this.#handler.onHandOver?.(message),
      onWarmth: (changes) => this.#handler.onWarmth?.(changes),
      onGoodbye: (reason) => this.#onGoodbye(reason),
    })
    this.#gate = new ReadGate(
      socket,
      () =>
        this.#resumes.isBusy || (this.#role === 'worker' && this.unsentLength > maxUnsentLength),
    )
    const { payload, rest } = ownHello(identity, this.#options)
    this.#controls.hello(payload)
    this.#restOfResume = rest
    this.#heartbeat = new Heartbeat(this.#clock, this.#options, {
      ping: () => this.#controls.ping(),
      unanswered: (isUnanswered) => this.#handler.onUnanswered?.(isUnanswered),
      isExcused: () => this.#handler.bearsSilence?.() === true,
      end: (reason) => this.#end(reason),
      isBlocked: () => this.#scheduler.isBlocked,
      isReading: () => !this.#gate.isPaused,
    })
    const { helloTimeout } = this.#options
    this.#cancelHelloTimeout = this.#clock.after(helloTimeout, () =>
      this.#fail('HELLO_TIMEOUT', `no HELLO in ${helloTimeout} ms`),
    )
    listenTo(socket, {
      onBytes: (chunk) => this.#onBytes(chunk),
      onDrain: () => this.#onDrain(),
      onLoss: (cause) => this.#onLoss(cause),
    })
  }

  /** The HELLO of the peer, once it has arrived. */
  get peer(): Hello | undefined {
    return this.#peer
  }

  get openStreams(): number {
    return this.#streams.size
  }

  /**
   * Whether `request` may be called: this is a balancer's end, the worker's HELLO has arrived, and
   * the worker allows another stream.
   */
  get isReady(): boolean {
    const role = this.#role
    const peer = this.#peer
    if (role !== 'balancer' || peer === undefined || this.isOver) return false
    return this.#streams.size < peer.limits.maxStreams
  }

  get isOver(): boolean {
    return this.#reason !== undefined
  }

  /** Why it has ended: known before the handlers of its streams are called. */
  get reason(): ProtocolError | undefined {
    return this.#reason
  }

  /** Body bytes that wait for credit or for their turn. */
  get queuedLength(): number {
    return this.#queuedLength
  }

  /** Bytes given to the socket, or collected for it, that the kernel has not accepted. */
  get unsentLength(): number {
    return this.#scheduler.unsentLength
  }

  /**
   * Resolves, in a later event-loop iteration, when no stream is open and the kernel has accepted
   * everything that was sent, or when the connection has ended.
   */
  quiet(): Promise<void> {
    return this.#quiet.wait()
  }

  /**
   * At a balancer: opens a stream with a request. `body` is the whole body or its beginning;
   * `isWhole` means that nothing more follows. Only when {@link isReady}.
   *
   * Throws a `HeadTooLongError`, and opens nothing, if the head does not fit into a frame.
   */
  request(
    head: RequestHead,
    body: Buffer | undefined,
    isWhole: boolean,
    handler: StreamHandler,
  ): Stream {
    if (!this.isReady) throw new Error('the connection is not ready')
    return this.#streams.request(head, body, isWhole, handler)
  }

  /** At a worker: sends the résumé, whole or what changed, after the peer's HELLO. */
  sendResume(changes: ResumeChanges, isWhole: boolean): void {
    this.#controls.resume(changes, isWhole)
  }

  /** At a worker: sends its load, after the peer's HELLO. */
  sendLoad(load: Load): void {
    this.#controls.load(load)
  }

  /** One step of a hand-over, if {@link peer} announces that it knows it (see `knowsStep`). */
  sendHandOver(message: HandOver): void {
    this.#controls.handOver(message)
  }

  /** At a worker: what it is warm for, if {@link peer} announces that it knows that (`sizes`). */
  sendWarmth(changes: WarmthChanges): void {
    this.#warmth.send(changes)
  }

  /**
   * Ends the connection with a GOODBYE. Open streams are reset as DISCONNECTED. `reason` is for the
   * logs of both sides.
   */
  close(reason = 'no longer needed'): void {
    this.#fail('CLOSED', reason)
  }

  /** Ends the connection at once, without a GOODBYE. */
  destroy(): void {
    this.#socket.destroy()
    this.#finish(new ProtocolError('CLOSED', 'destroyed'))
  }

  #onBytes(chunk: Buffer): void {
    if (this.isOver) return
    this.#heartbeat.heard()
    try {
      this.#decoder.push(chunk)
    } catch (error) {
      this.#onError(error)
    }
    this.#gate.check(this.#decoder.frames)
  }

  #onDrain(): void {
    if (this.isOver) return
    this.#scheduler.drained()
    this.#heartbeat.taken()
    this.#gate.open()
  }

  #onHello(hello: Hello): void {
    const peer = this.#resumes.begin(hello)
    this.#peer = peer
    this.#streams.begin(peer)
    this.#cancelHelloTimeout()
    this.#heartbeat.begin()
    this.#controls.open(this.#restOfResume)
    this.#restOfResume = undefined
    this.#handler.onHello(peer)
  }

  #onGoodbye(reason: ProtocolError): void {
    closeGracefully(this.#socket, this.#options.silenceTimeout, this.#clock)
    this.#finish(reason)
  }

  #fail(code: ConnectionCode, message: string): void {
    this.#end(new ProtocolError(code, message))
  }

  #onError(error: unknown): void {
    if (error instanceof ProtocolError) this.#end(error)
    else this.#onMistake(error)
  }

  /**
   * A handler threw an error. Its state is unknown, so the connection ends, and the error
   * propagates.
   */
  #onMistake(error: unknown): never {
    this.#end(new ProtocolError('INTERNAL', 'internal error', { cause: error }))
    throw error
  }

  /** Ends the connection with a GOODBYE. */
  #end(reason: ProtocolError): void {
    if (this.isOver) return
    const { writer } = this.#scheduler
    writer.addPacked(frameTypes.GOODBYE, 0, 0, goodbyeRow(reason))
    writer.flush()
    closeGracefully(this.#socket, this.#options.silenceTimeout, this.#clock)
    this.#finish(reason)
  }

  #onLoss(cause: Error | undefined): void {
    if (this.isOver) return
    this.#socket.destroy()
    this.#finish(lossOf(cause, this.#peer !== undefined))
  }

  #finish(reason: ProtocolError): void {
    if (this.isOver) return
    this.#reason = reason
    this.#heartbeat.stop()
    this.#cancelHelloTimeout()
    this.#scheduler.stop()
    this.#resumes.stop()
    this.#gate.stop()
    const disconnected = this.#streams.disconnect()
    this.#quiet.ended()
    callEach([
      ...disconnected.map((stream) => () => stream.tellDisconnected()),
      () => this.#handler.onClose(reason),
    ])
  }
}

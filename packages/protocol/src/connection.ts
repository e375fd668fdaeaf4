/** Many streams over one socket; the only user of sockets. */
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { awakeClockOf, type Clock, systemClock } from '@resumelb/common'
import { readUint32 } from './bytes.ts'
import { closeGracefully } from './close-gracefully.ts'
import { ControlQueue } from './control-queue.ts'
import { FrameDecoder } from './decode.ts'
import { type ConnectionCode, ProtocolError, type ResetCode, resetCodes } from './errors.ts'
import {
  frameFlags,
  frameTypes,
  headPrefixLength,
  maxDataLength,
  maxResumeLength,
} from './frame.ts'
import { FrameScheduler } from './frame-scheduler.ts'
import { Heartbeat } from './heartbeat.ts'
import {
  goodbyeRow,
  type Hello,
  type Identity,
  type Load,
  type Role,
  readGoodbye,
  readLoad,
} from './hello.ts'
import {
  type RequestHead,
  readEnd,
  readRequestHead,
  readResponseEnd,
  readResponseHead,
  requestRow,
} from './message.ts'
import { type ConnectionOptions, resolveConnectionOptions } from './options.ts'
import { unpack } from './packed.ts'
import { packHello, unpackHello } from './preface.ts'
import { Quiet } from './quiet.ts'
import { maxClassLength, type ResumeChanges, type Skill } from './resume.ts'
import { ResumeCutter } from './resume-cutter.ts'
import { ResumeInbox } from './resume-inbox.ts'
import { Stream, type StreamOwner, type StreamWindows } from './stream.ts'
import type { StreamHandler } from './stream-handler.ts'
import { StreamTable } from './stream-table.ts'

/** What the owner of a connection is told. */
export interface ConnectionHandler {
  /** The peer has said who it is: from now on streams may be opened. Called once, first. */
  onHello(hello: Hello): void
  /**
   * At a worker: a request has come, with the first bytes of its body; `isWhole` says that there
   * are no more. Returns who is told about the rest. Those first bytes count in the window: give
   * their number to `consumed` too.
   */
  onRequest?(
    stream: Stream,
    head: RequestHead,
    body: Buffer | undefined,
    isWhole: boolean,
  ): StreamHandler
  /** At a balancer or a monitor: the worker's résumé, whole or what changed. */
  onResume?(changes: ResumeChanges, isWhole: boolean): void
  /** At a balancer or a monitor: how busy the worker is, and whether it wants requests. */
  onLoad?(load: Load): void
  /** So many more bytes of bodies wait here to be sent to the peer, or fewer if negative. */
  onQueued?(bytes: number): void
  /**
   * The connection is over, and so are its streams, which were told before. Called once, last. The
   * code is CLOSED if either side closed as it should; otherwise code and message are what a log
   * needs, and `connection.peer` is undefined if the peer never said who it is.
   */
  onClose(reason: ProtocolError): void
}

/** Bytes of a résumé that a HELLO carries at most; the rest follows in RESUME frames. */
const maxHelloResumeLength: number = maxResumeLength / 2

/**
 * Unsent bytes above which a worker stops reading: a balancer that does not read its answers is not
 * heard. Balancers always read, or two full connections would wait for each other for ever.
 */
const maxUnsentLength = 2 * 1024 * 1024

/**
 * Bytes of a body that are sent before credit comes, whatever window the peer speaks of: a window is
 * what it would like, and not what this side has to hold.
 */
const maxSendWindow = 1024 * 1024

/**
 * Frames of one read above which nothing more is read in this turn of the event loop: a flood of tiny
 * frames leaves time for others.
 */
const maxFramesPerTurn = 1_000

export class Connection {
  readonly #socket: Duplex
  readonly #role: Role
  readonly #handler: ConnectionHandler
  readonly #clock: Clock
  readonly #options: Required<ConnectionOptions>
  readonly #decoder: FrameDecoder
  readonly #scheduler: FrameScheduler
  readonly #controls: ControlQueue
  readonly #heartbeat: Heartbeat
  readonly #resumes: ResumeInbox
  readonly #streams: StreamTable = new StreamTable()
  readonly #quiet: Quiet
  /** What streams know of their connection. */
  readonly #owner: StreamOwner
  readonly #cancelHelloTimeout: () => void
  #peer: Hello | undefined
  /** Of all streams, once the peer has said what it allows. */
  #windows: StreamWindows | undefined
  /** Nothing is read: too much of what was sent is not taken, or what came is not handled. */
  #isPaused = false
  #isResting = false
  #isOver = false
  #queuedLength = 0
  /** The skills that did not fit into our HELLO: a stranger is not told them. */
  #restOfResume: ResumeCutter<Skill> | undefined

  /** Takes over a connected socket, plain or TLS, and says HELLO. */
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
      if (!this.#isOver) this.#onFrame(type, flags, id, bytes, start, end)
    })
    this.#scheduler = new FrameScheduler(socket, socket instanceof Socket, {
      onTurn: () => this.#controls.addUrgent(),
      onMistake: (error) => this.#onMistake(error),
    })
    this.#controls = new ControlQueue(this.#scheduler)
    this.#quiet = new Quiet(this, (done) => {
      this.#scheduler.writer.flush()
      // Nothing more to send: it is called back after what was written before.
      socket.write('', done)
    })
    this.#owner = {
      scheduler: this.#scheduler,
      forget: (stream) => {
        this.#streams.remove(stream)
        this.#quiet.ended()
      },
      onQueued: (bytes) => this.#onQueued(bytes),
    }
    this.#resumes = new ResumeInbox(this.#clock, {
      onResume: (changes, isWhole) => this.#handler.onResume?.(changes, isWhole),
      onEmpty: () => this.#goOn(),
      onError: (error) => this.#onError(error),
    })
    this.#sayHello(identity)
    this.#heartbeat = new Heartbeat(this.#clock, this.#options, {
      ping: () => this.#ping(),
      silent: (duration) => this.#fail('SILENT', `nothing heard for ${Math.round(duration)} ms`),
      stuck: (duration) => this.#fail('STUCK', `nothing taken for ${Math.round(duration)} ms`),
      isBlocked: () => this.#scheduler.isBlocked,
    })
    const { helloTimeout } = this.#options
    this.#cancelHelloTimeout = this.#clock.after(helloTimeout, () =>
      this.#fail('NO_HELLO', `no HELLO in ${helloTimeout} ms`),
    )
    this.#listen()
  }

  /** Who the peer is, once it has said so. */
  get peer(): Hello | undefined {
    return this.#peer
  }

  get openStreams(): number {
    return this.#streams.size
  }

  /**
   * Whether `request` may be called: this is a balancer's end, and the worker has greeted us and
   * allows one more stream.
   */
  get isReady(): boolean {
    const role = this.#role
    const peer = this.#peer
    if (role !== 'balancer' || peer === undefined || this.#isOver) return false
    return this.#streams.size < peer.limits.maxStreams
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Bytes of bodies that wait for credit or for their turn. */
  get queuedLength(): number {
    return this.#queuedLength
  }

  /** Bytes handed to the socket, or collected for it, that the kernel has not taken. */
  get unsentLength(): number {
    return this.#scheduler.unsentLength
  }

  /**
   * Resolves, in a later turn of the event loop, when no stream is open and the kernel has taken
   * everything that was sent, or when the connection is over.
   */
  quiet(): Promise<void> {
    return this.#quiet.wait()
  }

  /**
   * At a balancer: opens a stream with a request. `body` is the whole body or its beginning, and
   * `isWhole` says that nothing more comes. Only when {@link isReady}.
   *
   * Throws a `HeadTooLongError`, and has then opened nothing, if the head is more than a frame holds.
   */
  request(
    head: RequestHead,
    body: Buffer | undefined,
    isWhole: boolean,
    handler: StreamHandler,
  ): Stream {
    const windows = this.#windows
    if (windows === undefined || !this.isReady) throw new Error('the connection is not ready')
    if (head.requestClass.length > maxClassLength) {
      throw new RangeError(`a request class has at most ${maxClassLength} characters`)
    }
    const id = this.#streams.nextId()
    const length = body === undefined ? 0 : body.length
    const canPiggyback =
      length === 0 ||
      (length <= Math.min(maxDataLength, windows.send) && this.#scheduler.canPiggyback)
    const isEnd = isWhole && canPiggyback
    this.#scheduler.writer.addHead(
      frameTypes.REQUEST,
      isEnd ? frameFlags.END : 0,
      id,
      requestRow(head),
      canPiggyback ? body : undefined,
    )
    const stream = this.#openStream(id, windows, handler)
    this.#scheduler.schedule()
    stream.sentRequest(canPiggyback ? length : 0, isEnd)
    if (body !== undefined && !canPiggyback) stream.write(body)
    if (isWhole && !canPiggyback) stream.end()
    return stream
  }

  /** At a worker: sends the résumé, whole or what changed, once the peer has said who it is. */
  sendResume(changes: ResumeChanges, isWhole: boolean): void {
    this.#controls.resume(changes, isWhole)
  }

  /** At a worker: sends how busy it is, once the peer has said who it is. */
  sendLoad(load: Load): void {
    this.#controls.load(load)
  }

  /** Ends the connection as it should be. Streams that are still open are told DISCONNECTED. */
  close(): void {
    this.#fail('CLOSED', 'closed')
  }

  /** Ends the connection at once, without a word to the peer. */
  destroy(): void {
    this.#socket.destroy()
    this.#finish(new ProtocolError('CLOSED', 'destroyed'))
  }

  #listen(): void {
    const socket = this.#socket
    // Frames are collected already: the kernel need not wait for more.
    if (socket instanceof Socket) socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#onBytes(chunk))
    socket.on('drain', () => this.#onDrain())
    socket.on('end', () => this.#onLoss(undefined))
    socket.on('error', (error: Error) => this.#onLoss(error))
    socket.on('close', () => this.#onLoss(undefined))
    // One that closed before it was given to us says so no more.
    if (socket.destroyed) process.nextTick(() => this.#onLoss(undefined))
  }

  #sayHello(identity: Identity): void {
    const { role, software, id, worker } = identity
    const { window, maxStreams } = this.#options
    const hello = { role, software, id, limits: { window, maxStreams } }
    const { writer } = this.#scheduler
    this.#scheduler.schedule()
    if (worker === undefined) {
      writer.addRaw(frameTypes.HELLO, 0, 0, packHello(hello))
      return
    }
    const cutter = new ResumeCutter(worker.resume)
    const resume = cutter.take(maxHelloResumeLength)
    const full = { ...hello, worker: { ...worker, resume } }
    const moreSkills = worker.resume.size - resume.size
    const payload = packHello(moreSkills > 0 ? { ...full, moreSkills } : full)
    writer.addRaw(frameTypes.HELLO, 0, 0, payload)
    if (moreSkills > 0) this.#restOfResume = cutter
  }

  #ping(): void {
    this.#scheduler.writer.addEmpty(frameTypes.PING)
    this.#scheduler.schedule()
  }

  #openStream(id: number, windows: StreamWindows, handler: StreamHandler | undefined): Stream {
    const stream = new Stream(id, handler, this.#owner, windows)
    this.#streams.add(stream)
    return stream
  }

  #onBytes(chunk: Buffer): void {
    if (this.#isOver) return
    this.#heartbeat.heard()
    try {
      this.#decoder.push(chunk)
    } catch (error) {
      this.#onError(error)
    }
    if (this.#decoder.frames > maxFramesPerTurn) this.#rest()
    if (this.#resumes.isBusy || this.#mustWait) this.#pause()
  }

  /** Whether a peer that does not take what was sent is not to be heard either. */
  get #mustWait(): boolean {
    return this.#role === 'worker' && this.unsentLength > maxUnsentLength
  }

  /** Reads nothing more in this turn of the event loop. */
  #rest(): void {
    if (this.#isResting) return
    this.#isResting = true
    setImmediate(() => {
      this.#isResting = false
      this.#goOn()
    })
    this.#pause()
  }

  #pause(): void {
    if (this.#isPaused || this.#isOver) return
    this.#isPaused = true
    this.#socket.pause()
  }

  /** Reads on, unless there is another reason not to. */
  #goOn(): void {
    if (!this.#isPaused || this.#isOver) return
    if (this.#isResting || this.#resumes.isBusy || this.#mustWait) return
    this.#isPaused = false
    this.#socket.resume()
  }

  #onQueued(bytes: number): void {
    this.#queuedLength += bytes
    this.#handler.onQueued?.(bytes)
  }

  #onDrain(): void {
    if (this.#isOver) return
    this.#scheduler.drained()
    this.#heartbeat.taken()
    if (!this.#isPaused) return
    // We hear nothing while we do not read, but somebody there has read.
    this.#heartbeat.heard()
    this.#goOn()
  }

  #onFrame(
    type: number,
    flags: number,
    id: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    switch (type) {
      case frameTypes.REQUEST:
        return this.#onRequest(flags, id, bytes, start, end)
      case frameTypes.RESPONSE:
        return this.#onResponse(flags, id, bytes, start, end)
      case frameTypes.DATA:
        return this.#streams
          .open(id)
          .receiveData(bytes.subarray(start, end), (flags & frameFlags.END) !== 0)
      case frameTypes.END:
        return this.#streams.open(id).receiveEnd(readEnd(unpack(bytes, start, end)))
      case frameTypes.RESET:
        return this.#streams
          .openOrPast(id)
          ?.receiveReset(resetCodeOf(readNumber(bytes, start, end)))
      case frameTypes.CREDIT:
        return this.#streams.openOrPast(id)?.receiveCredit(readNumber(bytes, start, end))
      default:
        return this.#onConnectionFrame(type, flags, bytes, start, end)
    }
  }

  #onConnectionFrame(type: number, flags: number, bytes: Buffer, start: number, end: number): void {
    switch (type) {
      case frameTypes.HELLO:
        return this.#onHello(unpackHello(bytes, start, end))
      case frameTypes.RESUME: {
        this.#expectFrom('worker', 'RESUME')
        return this.#resumes.receive(bytes, start, end, (flags & frameFlags.WHOLE) !== 0)
      }
      case frameTypes.LOAD:
        this.#expectFrom('worker', 'LOAD')
        return this.#handler.onLoad?.(readLoad(unpack(bytes, start, end)))
      case frameTypes.PING:
        return this.#controls.pong()
      case frameTypes.GOODBYE:
        return this.#onGoodbye(readGoodbye(unpack(bytes, start, end)))
      default:
        // A PONG has done its work by being heard.
        return undefined
    }
  }

  #onHello(hello: Hello): void {
    if (this.#peer !== undefined) throw new ProtocolError('UNKNOWN_FRAME', 'a second HELLO')
    const role = this.#role
    if ((role === 'worker') === (hello.role === 'worker')) {
      throw new ProtocolError('BAD_MESSAGE', `a ${hello.role} cannot talk to a ${role}`)
    }
    this.#resumes.announce(hello.worker?.resume.size ?? 0, hello.moreSkills ?? 0)
    this.#peer = hello
    this.#windows = {
      send: Math.min(hello.limits.window, maxSendWindow),
      receive: this.#options.window,
    }
    this.#cancelHelloTimeout()
    this.#controls.open(this.#restOfResume)
    this.#restOfResume = undefined
    this.#handler.onHello(hello)
  }

  #onRequest(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    this.#expectFrom('balancer', 'REQUEST')
    this.#streams.openedByPeer(id)
    const most = this.#options.maxStreams
    if (this.#streams.size >= most) {
      throw new ProtocolError('TOO_MANY_STREAMS', `more than ${most} streams at once`)
    }
    const bodyAt = headEnd(bytes, start, end)
    const head = readRequestHead(unpack(bytes, start + headPrefixLength, bodyAt))
    const body = bodyAt < end ? bytes.subarray(bodyAt, end) : undefined
    const isWhole = (flags & frameFlags.END) !== 0
    const stream = this.#openStream(id, this.#windows as StreamWindows, undefined)
    stream.receiveRequest(end - bodyAt, isWhole)
    const handler = this.#handler.onRequest?.(stream, head, body, isWhole)
    if (handler) stream.handle(handler)
  }

  #onResponse(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    this.#expectFrom('worker', 'RESPONSE')
    const bodyAt = headEnd(bytes, start, end)
    const headAt = start + headPrefixLength
    const row = unpack(bytes, headAt, bodyAt)
    const body = bodyAt < end ? bytes.subarray(bodyAt, end) : undefined
    const last = (flags & frameFlags.END) !== 0 ? readResponseEnd(row) : undefined
    this.#streams.open(id).receiveResponse(readResponseHead(row), bodyAt - headAt, body, last)
  }

  #expectFrom(role: Role, frame: string): void {
    const peerRole = this.#peer?.role
    if (peerRole === role) return
    throw new ProtocolError('UNKNOWN_FRAME', `a ${peerRole} sends no ${frame}`)
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

  /** A handler has thrown: the connection cannot know what was done, and the program must hear it. */
  #onMistake(error: unknown): never {
    this.#end(new ProtocolError('INTERNAL', 'an error in the program', { cause: error }))
    throw error
  }

  /** Ends the connection and tells the peer why. */
  #end(reason: ProtocolError): void {
    if (this.#isOver) return
    const { writer } = this.#scheduler
    writer.addPacked(frameTypes.GOODBYE, 0, 0, goodbyeRow(reason))
    writer.flush()
    closeGracefully(this.#socket, this.#options.silenceTimeout, this.#clock)
    this.#finish(reason)
  }

  #onLoss(cause: Error | undefined): void {
    if (this.#isOver) return
    this.#socket.destroy()
    const what = this.#peer ? 'connection lost' : 'connection lost before a HELLO'
    const message = cause ? `${what}: ${cause.message}` : what
    this.#finish(new ProtocolError('DISCONNECTED', message, { cause }))
  }

  #finish(reason: ProtocolError): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#heartbeat.stop()
    this.#cancelHelloTimeout()
    this.#scheduler.stop()
    this.#resumes.stop()
    const told = this.#streams.clear().filter((stream) => stream.disconnect())
    this.#quiet.ended()
    callEach([
      ...told.map((stream) => () => stream.tellDisconnected()),
      () => this.#handler.onClose(reason),
    ])
  }
}

/** Calls all, even if some throw; then throws the first error. */
function callEach(calls: readonly (() => void)[]): void {
  const errors: unknown[] = []
  for (const call of calls) {
    try {
      call()
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) throw errors[0]
}

/** Where a packed head that begins with its length ends. */
function headEnd(bytes: Buffer, start: number, end: number): number {
  const headAt = start + headPrefixLength
  const bodyAt = headAt <= end ? headAt + readUint32(bytes, start) : Number.POSITIVE_INFINITY
  if (bodyAt <= end) return bodyAt
  throw new ProtocolError('BAD_MESSAGE', 'a head is longer than its frame')
}

function readNumber(bytes: Buffer, start: number, end: number): number {
  if (end - start !== 4) throw new ProtocolError('BAD_MESSAGE', 'expected a number of 4 bytes')
  return readUint32(bytes, start)
}

/** A code that this side does not know is a failure like others. */
function resetCodeOf(number: number): ResetCode {
  return resetNames.find((name) => resetCodes[name] === number) ?? 'FAILED'
}

const resetNames = Object.keys(resetCodes) as ResetCode[]

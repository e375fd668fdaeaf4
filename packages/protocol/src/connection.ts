/** Many streams over one socket; the only user of sockets. */
import type { Duplex } from 'node:stream'
import { type Clock, systemClock } from './clock.ts'
import { FrameDecoder } from './decode.ts'
import {
  type ConnectionCode,
  connectionCodes,
  ProtocolError,
  type ResetCode,
  resetCodes,
} from './errors.ts'
import { frameFlags, frameTypes, greeting, maxDataLength, protocolVersion } from './frame.ts'
import { Heartbeat } from './heartbeat.ts'
import {
  type Hello,
  helloMap,
  type Load,
  loadRow,
  type RequestHead,
  type Role,
  readEnd,
  readHello,
  readLoad,
  readRequestHead,
  readResponseEnd,
  readResponseHead,
  readResumeChanges,
  requestRow,
  resumeMap,
  type WorkerHello,
} from './message.ts'
import { type ConnectionOptions, resolveConnectionOptions } from './options.ts'
import { Outbox } from './outbox.ts'
import { pack, unpack } from './packed.ts'
import type { ResumeChanges } from './resume.ts'
import { Stream, type StreamHandler, type StreamOwner } from './stream.ts'

/** What the owner of a connection is told. */
export interface ConnectionHandler {
  /** The peer has said who it is: from now on streams may be opened. Called once, first. */
  onHello(hello: Hello): void
  /**
   * At a worker: a request has come, with the first bytes of its body; `isWhole` says that there
   * are no more. Returns who is told about the rest.
   */
  onRequest?(
    stream: Stream,
    head: RequestHead,
    body: Buffer | undefined,
    isWhole: boolean,
  ): StreamHandler
  /** At a balancer: the worker's résumé, whole or what changed. */
  onResume?(changes: ResumeChanges, isWhole: boolean): void
  /** At a balancer: how busy the worker is, and whether it wants requests. */
  onLoad?(load: Load): void
  /**
   * The connection is over, and so are its streams, which were told before. Its code is CLOSED if
   * either side closed as it should. Called once, last.
   */
  onClose(reason: ProtocolError): void
}

/** Who this side says it is. */
export interface Identity {
  readonly role: Role
  readonly software: string
  readonly id: string
  readonly worker?: WorkerHello
}

/** Body bytes that leave in one turn of the event loop at most, so that reading is not starved. */
const maxTurnLength = 256 * 1024

/** Unsent bytes above which this side stops reading: a peer that does not read us is not heard. */
const maxUnsentLength = 4 * 1024 * 1024

/** Milliseconds that a peer has to read our GOODBYE. */
const lingerTimeout = 1_000

const maxStreamId = 0xffff_ffff

export class Connection implements StreamOwner {
  readonly outbox: Outbox
  readonly #socket: Duplex
  readonly #identity: Identity
  readonly #handler: ConnectionHandler
  readonly #clock: Clock
  readonly #options: Required<ConnectionOptions>
  readonly #decoder: FrameDecoder
  readonly #heartbeat: Heartbeat
  readonly #streams: Map<number, Stream> = new Map()
  /** Streams that have something to send, in the order of their turns. */
  readonly #line: Stream[] = []
  readonly #cancelHelloTimeout: () => void
  #peer: Hello | undefined
  #lastId = 0
  #isFlushScheduled = false
  /** The socket has taken what it can: wait for its drain. */
  #isBlocked = false
  #owesPong = false
  #isOver = false

  /** Takes over a connected socket and says HELLO. */
  constructor(
    socket: Duplex,
    identity: Identity,
    handler: ConnectionHandler,
    options: ConnectionOptions = {},
    clock: Clock = systemClock,
  ) {
    this.#socket = socket
    this.#identity = identity
    this.#handler = handler
    this.#clock = clock
    this.#options = resolveConnectionOptions(options)
    this.outbox = new Outbox(socket)
    this.#decoder = new FrameDecoder((type, flags, id, bytes, start, end) => {
      if (!this.#isOver) this.#onFrame(type, flags, id, bytes, start, end)
    })
    this.#heartbeat = new Heartbeat(clock, this.#options, {
      ping: () => this.#sendEmpty(frameTypes.PING),
      silent: (duration) =>
        this.#fail(new ProtocolError('SILENT', `nothing heard for ${Math.round(duration)} ms`)),
    })
    this.#cancelHelloTimeout = clock.after(this.#options.helloTimeout, () =>
      this.#fail(new ProtocolError('NO_HELLO', `no HELLO in ${this.#options.helloTimeout} ms`)),
    )
    this.#listen()
    this.#sendHello()
  }

  /** Who the peer is, once it has said so. */
  get peer(): Hello | undefined {
    return this.#peer
  }

  get openStreams(): number {
    return this.#streams.size
  }

  /** Whether `request` may be called: the peer has greeted us and allows one more stream. */
  get isReady(): boolean {
    return (
      this.#peer !== undefined && !this.#isOver && this.#streams.size < this.#peer.limits.maxStreams
    )
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Bytes handed to the socket, or collected for it, that the kernel has not taken. */
  get unsentLength(): number {
    return this.outbox.length + this.#socket.writableLength
  }

  /** Part of {@link StreamOwner}. */
  get isFree(): boolean {
    return !this.#isBlocked && this.#line.length === 0 && this.outbox.length < maxTurnLength
  }

  /**
   * At a balancer: opens a stream with a request. `body` is the whole body or its beginning, and
   * `isWhole` says that nothing more comes. Only when {@link isReady}.
   */
  request(
    head: RequestHead,
    body: Buffer | undefined,
    isWhole: boolean,
    handler: StreamHandler,
  ): Stream {
    const peer = this.#peer
    if (peer === undefined || !this.isReady) throw new Error('the connection is not ready')
    const stream = this.#addStream(this.#nextId(), handler, peer)
    const rides = body === undefined || body.length <= Math.min(maxDataLength, peer.limits.window)
    const ends = rides && isWhole
    this.outbox.addHead(
      frameTypes.REQUEST,
      ends ? frameFlags.END : 0,
      stream.id,
      requestRow(head),
      rides ? body : undefined,
    )
    stream.sentRequest(rides && body !== undefined ? body.length : 0, ends)
    this.scheduleFlush()
    if (!rides) {
      stream.write(body)
      if (isWhole) stream.end()
    }
    return stream
  }

  /** At a worker: sends the résumé, whole or what changed. */
  sendResume(changes: ResumeChanges, isWhole: boolean): void {
    if (this.#isOver) return
    const flags = isWhole ? frameFlags.WHOLE : 0
    this.outbox.addPacked(frameTypes.RESUME, flags, 0, resumeMap(changes))
    this.scheduleFlush()
  }

  /** At a worker: sends how busy it is. */
  sendLoad(load: Load): void {
    if (this.#isOver) return
    this.outbox.addPacked(frameTypes.LOAD, 0, 0, loadRow(load))
    this.scheduleFlush()
  }

  /** Ends the connection as it should be. Streams that are still open are told DISCONNECTED. */
  close(): void {
    this.#fail(new ProtocolError('CLOSED', 'closed'))
  }

  /** Ends the connection at once, without a word to the peer. */
  destroy(): void {
    this.#finish(new ProtocolError('CLOSED', 'destroyed'))
    this.#socket.destroy()
  }

  /** Part of {@link StreamOwner}. */
  standInLine(stream: Stream): void {
    this.#line.push(stream)
    this.scheduleFlush()
  }

  /** Part of {@link StreamOwner}. */
  forget(stream: Stream): void {
    this.#streams.delete(stream.id)
  }

  /** Part of {@link StreamOwner}. Everything added in this turn of the event loop leaves at once. */
  scheduleFlush(): void {
    if (this.#isFlushScheduled || this.#isOver) return
    this.#isFlushScheduled = true
    setImmediate(() => {
      this.#isFlushScheduled = false
      if (!this.#isOver) this.#flush()
    })
  }

  #flush(): void {
    if (this.#owesPong) {
      this.#owesPong = false
      this.outbox.addRaw(frameTypes.PONG, 0, 0, nothing)
    }
    if (!this.#isBlocked) this.#takeTurns()
    if (this.outbox.length > 0 && !this.outbox.flush()) this.#isBlocked = true
    if (this.#isBlocked) this.#readOnlyIfRead()
    else if (this.#line.length > 0) this.scheduleFlush()
  }

  #takeTurns(): void {
    const line = this.#line
    let at = 0
    while (at < line.length && this.outbox.length < maxTurnLength) {
      const stream = line[at++] as Stream
      if (stream.takeTurn()) line.push(stream)
    }
    line.splice(0, at)
  }

  #readOnlyIfRead(): void {
    if (this.unsentLength > maxUnsentLength) this.#socket.pause()
  }

  #onDrain(): void {
    this.#isBlocked = false
    if (this.#socket.isPaused()) this.#socket.resume()
    if (this.#line.length > 0) this.scheduleFlush()
  }

  #listen(): void {
    const socket = this.#socket
    socket.on('data', (chunk: Buffer) => this.#onBytes(chunk))
    socket.on('drain', () => this.#onDrain())
    socket.on('end', () => this.#lose(undefined))
    socket.on('error', (error: Error) => this.#lose(error))
    socket.on('close', () => this.#lose(undefined))
  }

  #onBytes(chunk: Buffer): void {
    if (this.#isOver) return
    this.#heartbeat.heard()
    try {
      this.#decoder.push(chunk)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#fail(error)
    }
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
        return this.#openStream(id).receiveData(
          bytes.subarray(start, end),
          (flags & frameFlags.END) !== 0,
        )
      case frameTypes.END:
        return this.#openStream(id).receiveEnd(readEnd(unpack(bytes, start, end)))
      case frameTypes.RESET:
        return this.#pastStream(id)?.receiveReset(resetCodeOf(readNumber(bytes, start, end)))
      case frameTypes.CREDIT:
        return this.#pastStream(id)?.receiveCredit(readNumber(bytes, start, end))
      default:
        return this.#onConnectionFrame(type, flags, bytes, start, end)
    }
  }

  #onConnectionFrame(type: number, flags: number, bytes: Buffer, start: number, end: number): void {
    switch (type) {
      case frameTypes.HELLO:
        return this.#onHello(bytes, start, end)
      case frameTypes.RESUME: {
        this.#expectRole('balancer', 'RESUME')
        const changes = readResumeChanges(unpack(bytes, start, end))
        return this.#handler.onResume?.(changes, (flags & frameFlags.WHOLE) !== 0)
      }
      case frameTypes.LOAD:
        this.#expectRole('balancer', 'LOAD')
        return this.#handler.onLoad?.(readLoad(unpack(bytes, start, end)))
      case frameTypes.PING:
        // However many came, one answer is enough: a peer cannot make us hold more.
        this.#owesPong = true
        return this.scheduleFlush()
      case frameTypes.GOODBYE:
        return this.#onGoodbye(unpack(bytes, start, end))
      default:
        // A PONG has done its work by being heard.
        return undefined
    }
  }

  #onHello(bytes: Buffer, start: number, end: number): void {
    if (this.#peer !== undefined) throw new ProtocolError('UNKNOWN_FRAME', 'a second HELLO')
    const versionAt = start + greeting.length
    if (bytes.toString('latin1', start, Math.min(versionAt, end)) !== greeting) {
      throw new ProtocolError('NOT_RESUMELB', 'the first bytes are not those of a resumelb peer')
    }
    const version = bytes[versionAt]
    if (version !== protocolVersion) {
      const versions = `the peer speaks version ${version}, this side version ${protocolVersion}`
      throw new ProtocolError('VERSION', `${versions} of the resumelb protocol`)
    }
    const hello = readHello(unpack(bytes, versionAt + 1, end))
    const isWorker = this.#identity.role === 'worker'
    if (isWorker === (hello.role === 'worker')) {
      throw new ProtocolError(
        'BAD_MESSAGE',
        `a ${hello.role} cannot talk to a ${this.#identity.role}`,
      )
    }
    this.#peer = hello
    this.#cancelHelloTimeout()
    this.#handler.onHello(hello)
  }

  #onRequest(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    this.#expectRole('worker', 'REQUEST')
    if (id === 0 || this.#streams.has(id) || !isAfter(id, this.#lastId)) {
      throw new ProtocolError('BAD_STREAM', `a request on stream ${id}, which is not a new one`)
    }
    if (this.#streams.size >= this.#options.maxStreams) {
      const most = this.#options.maxStreams
      throw new ProtocolError('TOO_MANY_STREAMS', `more than ${most} streams at once`)
    }
    this.#lastId = id
    const bodyAt = headEnd(bytes, start, end)
    const head = readRequestHead(unpack(bytes, start + 4, bodyAt))
    const body = bodyAt < end ? bytes.subarray(bodyAt, end) : undefined
    const isWhole = (flags & frameFlags.END) !== 0
    const stream = this.#addStream(id, deafHandler, this.#peer as Hello)
    stream.receiveRequest(body === undefined ? 0 : body.length, isWhole)
    const handler = this.#handler.onRequest?.(stream, head, body, isWhole)
    if (handler) stream.handle(handler)
  }

  #onResponse(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    this.#expectRole('balancer', 'RESPONSE')
    const bodyAt = headEnd(bytes, start, end)
    const row = unpack(bytes, start + 4, bodyAt)
    const body = bodyAt < end ? bytes.subarray(bodyAt, end) : undefined
    const last = (flags & frameFlags.END) !== 0 ? readResponseEnd(row) : undefined
    this.#openStream(id).receiveResponse(readResponseHead(row), body, last)
  }

  #onGoodbye(value: unknown): void {
    const [code, message] = Array.isArray(value) ? value : []
    const reason = new ProtocolError(connectionCodeOf(code), `the peer says: ${message}`)
    this.#finish(reason)
    this.#socket.end()
    this.#destroyLater()
  }

  #sendHello(): void {
    const { role, software, id, worker } = this.#identity
    const { window, maxStreams } = this.#options
    const limits = { window, maxStreams }
    const hello = worker ? { role, software, id, limits, worker } : { role, software, id, limits }
    const payload = Buffer.concat([
      Buffer.from(greeting, 'latin1'),
      Buffer.from([protocolVersion]),
      pack(helloMap(hello)),
    ])
    this.outbox.addRaw(frameTypes.HELLO, 0, 0, payload)
    this.scheduleFlush()
  }

  #sendEmpty(type: number): void {
    if (this.#isOver || this.#isBlocked) return
    this.outbox.addRaw(type, 0, 0, nothing)
    this.scheduleFlush()
  }

  #addStream(id: number, handler: StreamHandler, peer: Hello): Stream {
    const windows = { send: peer.limits.window, receive: this.#options.window }
    const stream = new Stream(id, handler, this, windows)
    this.#streams.set(id, stream)
    return stream
  }

  /** Ids go round after four thousand million streams, leaving out those still in use. */
  #nextId(): number {
    do {
      this.#lastId = this.#lastId === maxStreamId ? 1 : this.#lastId + 1
    } while (this.#streams.has(this.#lastId))
    return this.#lastId
  }

  #openStream(id: number): Stream {
    const stream = this.#streams.get(id)
    if (stream !== undefined) return stream
    throw new ProtocolError('BAD_STREAM', `stream ${id} is unknown or finished`)
  }

  /** CREDIT and RESET may cross the end of their stream on the way, but not come before it. */
  #pastStream(id: number): Stream | undefined {
    const stream = this.#streams.get(id)
    if (stream === undefined && isAfter(id, this.#lastId)) {
      throw new ProtocolError('BAD_STREAM', `stream ${id} was never opened`)
    }
    return stream
  }

  #expectRole(role: Role, frame: string): void {
    if (this.#identity.role === role && this.#peer !== undefined) return
    throw new ProtocolError('UNKNOWN_FRAME', `a ${this.#identity.role} gets no ${frame}`)
  }

  /** Ends the connection and tells the peer why. */
  #fail(reason: ProtocolError): void {
    if (this.#isOver) return
    const goodbye = [connectionCodes[reason.code], reason.message]
    this.outbox.addPacked(frameTypes.GOODBYE, 0, 0, goodbye)
    this.outbox.flush()
    this.#socket.end()
    this.#finish(reason)
    // What the peer still sends is thrown away: an unread byte would turn our goodbye into a reset.
    this.#socket.resume()
    this.#destroyLater()
  }

  #lose(cause: Error | undefined): void {
    if (this.#isOver) return
    const message = cause ? `connection lost: ${cause.message}` : 'connection lost'
    this.#finish(new ProtocolError('DISCONNECTED', message, { cause }))
    this.#socket.destroy()
  }

  #destroyLater(): void {
    const cancel = this.#clock.after(lingerTimeout, () => this.#socket.destroy())
    this.#socket.once('close', cancel)
  }

  #finish(reason: ProtocolError): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#heartbeat.stop()
    this.#cancelHelloTimeout()
    this.#line.length = 0
    const streams = [...this.#streams.values()]
    this.#streams.clear()
    for (const stream of streams) stream.abandon()
    this.#handler.onClose(reason)
  }
}

const nothing = Buffer.alloc(0)

/** Stands in until the worker has said who handles a request. */
const deafHandler: StreamHandler = {
  onData: () => undefined,
  onEnd: () => undefined,
  onReset: () => undefined,
  onDrain: () => undefined,
}

/** Where a packed head that begins with its length ends. */
function headEnd(bytes: Buffer, start: number, end: number): number {
  const headAt = start + 4
  const bodyAt = headAt <= end ? headAt + bytes.readUInt32BE(start) : Number.POSITIVE_INFINITY
  if (bodyAt <= end) return bodyAt
  throw new ProtocolError('BAD_MESSAGE', 'a head is longer than its frame')
}

function readNumber(bytes: Buffer, start: number, end: number): number {
  if (end - start !== 4) throw new ProtocolError('BAD_MESSAGE', 'expected a number of 4 bytes')
  return bytes.readUInt32BE(start)
}

/** Whether an id comes after another on a circle of ids. */
function isAfter(id: number, other: number): boolean {
  const distance = (id - other) >>> 0
  return distance > 0 && distance < 0x8000_0000
}

function resetCodeOf(number: number): ResetCode {
  for (const [code, value] of Object.entries(resetCodes)) {
    if (value === number) return code as ResetCode
  }
  return 'FAILED'
}

function connectionCodeOf(number: unknown): ConnectionCode {
  for (const [code, value] of Object.entries(connectionCodes)) {
    if (value === number) return code as ConnectionCode
  }
  return 'DISCONNECTED'
}

/** A worker made of the protocol alone, whose every move a test decides. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { serverHost } from '@resumelb/common/testing'
import {
  Connection,
  type HandOver,
  type Load,
  type Report,
  type RequestHead,
  type Resume,
  type Stream,
  type StreamEnd,
  type StreamHandler,
  type WorkerHello,
} from '@resumelb/protocol'

/** A request as a test meets it. */
export interface Caught {
  readonly head: RequestHead
  readonly stream: Stream
  readonly connection: Connection
  /** Body bytes so far. */
  readonly chunks: Buffer[]
  /** Resolves with the body when it is whole. */
  readonly body: Promise<Buffer>
  /** Why the balancer gave the stream up. */
  readonly reset: Promise<string>
  /** Resolves when the stream takes bytes again. */
  drained(): Promise<void>
}

export type Behaviour = (caught: Caught) => void

const readyLoad: Load = {
  state: 'ready',
  concurrency: 100,
  requests: 0,
  eventLoopDelay: 0,
}

/** A report as a healthy worker gives it. */
const report: Report = {
  seconds: 0.001,
  skill: { score: 1000, seconds: 0.001, count: 1, rate: 1 },
  others: { requests: 0, seconds: 0 },
}

export const reported: StreamEnd = { trailers: '', report }

/** A head without fields. */
export const plain = { status: 200, reason: '', headers: '' } as const

/** Takes requests, and lets the test decide when and how they are answered. */
export const silent: Behaviour = () => undefined

/** Answers 200 with this text, in one frame. */
export function answer(text: string, headers = 'Content-Type\ntext/plain'): Behaviour {
  return ({ stream }) =>
    stream.respond({ status: 200, reason: '', headers }, Buffer.from(text), reported)
}

export class TinyWorker {
  readonly requests: Caught[] = []
  readonly connections: Set<Connection> = new Set()
  resume: Resume = new Map()
  /** Connections that were ever accepted. */
  accepted = 0
  behaviour: Behaviour
  load: Load = readyLoad
  version = ''
  /** Whether it is of a release that knows sizes. */
  sizes = true
  /** Whether it is of a release that shares plans. */
  sharesPlans = false
  /** The steps of hand-overs, and plans, that it has got. */
  readonly handOvers: HandOver[] = []
  /** What else it says of itself. */
  says: Partial<Omit<WorkerHello, 'version' | 'load' | 'resume'>> = {}
  /** Whether body bytes are consumed as they come. */
  consumes = true
  /** Gets the trailers of requests, a header block. */
  onTrailers: (trailers: string) => void = () => undefined
  readonly #server: Server
  readonly #sockets: Set<Socket> = new Set()
  /** Connections that wait for {@link thaw}; `undefined` if it is not frozen. */
  #frozen: Socket[] | undefined
  readonly #waiters: { count: number; resolve: () => void }[] = []

  constructor(behaviour: Behaviour = answer('hello')) {
    this.behaviour = behaviour
    this.#server = createServer((socket) => this.#accept(socket))
  }

  get address(): string {
    return `${serverHost}:${(this.#server.address() as AddressInfo).port}`
  }

  async listen(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, serverHost, resolve))
    return this
  }

  /** Resolves when so many requests have come. */
  async caught(count: number): Promise<Caught> {
    if (this.requests.length < count) {
      await new Promise<void>((resolve) => this.#waiters.push({ count, resolve }))
    }
    return this.requests[count - 1] as Caught
  }

  /** Tells all balancers how busy it is from now on. */
  tell(load: Partial<Load>): void {
    this.load = { ...this.load, ...load }
    for (const connection of this.connections) connection.sendLoad(this.load)
  }

  /** Breaks all connections as a killed process does; goes on listening. */
  breakConnections(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  /**
   * Reads and says nothing from now on, as a process whose event loop is blocked; its kernel still
   * accepts connections.
   */
  freeze(): void {
    this.#frozen = []
    for (const socket of this.#sockets) socket.pause()
  }

  /** As a process whose event loop goes on. */
  thaw(): void {
    const accepted = this.#frozen ?? []
    this.#frozen = undefined
    for (const socket of this.#sockets) socket.resume()
    for (const socket of accepted) this.#accept(socket)
  }

  /** Connections that wait for {@link thaw}. */
  get frozen(): number {
    return this.#frozen?.length ?? 0
  }

  /** Breaks the connections that wait for {@link thaw}, as a kernel that is gone. */
  dropFrozen(): void {
    for (const socket of this.#frozen ?? []) socket.resetAndDestroy()
  }

  /** Reads no more from the present connections, as if a firewall had forgotten them. */
  forgetConnections(): void {
    for (const socket of this.#sockets) socket.pause()
  }

  /** Accepts no more connections. */
  stopListening(): void {
    this.#server.close()
  }

  async close(): Promise<void> {
    for (const socket of this.#frozen ?? []) socket.destroy()
    this.breakConnections()
    if (!this.#server.listening) return
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #accept(socket: Socket): void {
    if (this.#frozen !== undefined) {
      this.#frozen.push(socket)
      return
    }
    this.accepted++
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    const { version, load, resume, says, sizes, sharesPlans } = this
    const worker = { description: '', version, load, resume, ...says }
    const connection: Connection = new Connection(
      socket,
      { role: 'worker', software: 'tiny', id: 'tiny', sizes, sharesPlans, worker },
      {
        onHello: () => undefined,
        onRequest: (stream, head, body, isWhole) =>
          this.#onRequest(connection, stream, head, body, isWhole),
        onHandOver: (message) => this.handOvers.push(message),
        onClose: () => this.connections.delete(connection),
      },
    )
    this.connections.add(connection)
  }

  #onRequest(
    connection: Connection,
    stream: Stream,
    head: RequestHead,
    body: Buffer | undefined,
    isWhole: boolean,
  ): StreamHandler {
    const chunks: Buffer[] = body === undefined ? [] : [body]
    const whole = deferred<Buffer>()
    const reset = deferred<string>()
    if (isWhole) whole.resolve(Buffer.concat(chunks))
    let onDrain: () => void = () => undefined
    const drained = () =>
      new Promise<void>((resolve) => {
        onDrain = resolve
      })
    const caught = {
      head,
      stream,
      connection,
      chunks,
      body: whole.promise,
      reset: reset.promise,
      drained,
    }
    this.requests.push(caught)
    setImmediate(() => {
      this.behaviour(caught)
      for (const waiter of this.#waiters) {
        if (this.requests.length >= waiter.count) waiter.resolve()
      }
    })
    return {
      onData: (chunk) => {
        chunks.push(chunk)
        if (this.consumes) stream.consumed(chunk.length)
      },
      onEnd: ({ trailers }) => {
        if (trailers !== '') this.onTrailers(trailers)
        whole.resolve(Buffer.concat(chunks))
      },
      onReset: (code) => reset.resolve(code),
      onDrain: () => onDrain(),
    }
  }
}

/** A promise and what settles it. */
function deferred<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => undefined
  const promise = new Promise<Value>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

/** One connection to the upstream server: one request and its response at a time. */
import type { Socket } from 'node:net'
import type { Clock } from '@resumelb/common'
import { UpstreamFault } from './fault.ts'
import type { UpstreamRequestHead } from './request-head.ts'
import { type ResponseEvents, ResponseParser } from './response-parser.ts'

/** Receives the events of a request on a connection. */
export interface ConnectionUser extends ResponseEvents {
  /** All bytes of one read have been passed on: nothing more arrives for now. */
  onRead(): void
  /** The socket accepts more after a `write` that returned false. */
  onDrain(): void
  /** The response cannot be completed. No more events follow. */
  onBroken(error: Error): void
}

/** Receives connections that have become idle or closed. */
export interface ConnectionOwner {
  readonly clock: Clock
  onClosed(connection: Connection): void
}

/**
 * Milliseconds to wait for a response after the server has refused to read more of the request: it
 * may have answered before it closed.
 */
const lastWordsPatience = 2_000

type WriteCallback = (error?: Error | null) => void

export class Connection {
  readonly #socket: Socket
  readonly #owner: ConnectionOwner
  #user: ConnectionUser | undefined
  #parser: ResponseParser | undefined
  #hasAnswered = false
  #isOver = false
  #cannotWrite = false
  #requests = 0
  /** When it was last used, in milliseconds of the clock. */
  idleSince = 0
  /** Milliseconds for which the server keeps an idle connection, as it says. */
  idleTimeout: number | undefined

  constructor(socket: Socket, owner: ConnectionOwner) {
    this.#socket = socket
    this.#owner = owner
    hearWrites(socket, (error) => this.#onWriteError(error))
    socket.on('data', (bytes) => this.#onData(bytes))
    socket.on('drain', () => this.#user?.onDrain())
    socket.on('end', () => this.#onEnd())
    socket.on('error', (error) => this.#break(error))
    socket.on('close', () =>
      this.#break(new UpstreamFault('closed without a response', { isClose: true })),
    )
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Whether it has carried an earlier request. */
  get isReused(): boolean {
    return this.#requests > 1
  }

  /** Whether any bytes have arrived in response to the current request. */
  get hasAnswered(): boolean {
    return this.#hasAnswered
  }

  /** Whether the response is complete, and the connection can be reused. */
  get isReusable(): boolean {
    if (this.#isOver || this.#cannotWrite) return false
    // A connection that has carried nothing so far is as good.
    return this.#parser === undefined || this.#parser.keepsAlive
  }

  /** Bytes that were written and have not left. */
  get unsentLength(): number {
    return this.#socket.writableLength
  }

  /** Takes a request on. Its head leaves at once. */
  begin(head: UpstreamRequestHead, method: string | undefined, user: ConnectionUser): void {
    this.#requests++
    this.#user = user
    this.#hasAnswered = false
    this.#parser = new ResponseParser(method, user, head.body === 'upgrade')
    this.#socket.write(head.text, 'latin1')
  }

  /** Sends body bytes; false if the socket accepts no more for now. */
  write(bytes: Buffer): boolean {
    return this.#cannotWrite || this.#isOver ? false : this.#socket.write(bytes)
  }

  /** Sends a chunk of a body in chunked coding; false as with {@link write}. */
  writeChunk(bytes: Buffer): boolean {
    if (this.#cannotWrite || this.#isOver) return false
    const socket = this.#socket
    socket.cork()
    socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1')
    socket.write(bytes)
    const goOn = socket.write('\r\n', 'latin1')
    socket.uncork()
    return goOn
  }

  /** Sends text in Latin-1. */
  writeText(text: string): void {
    if (!(this.#cannotWrite || this.#isOver)) this.#socket.write(text, 'latin1')
  }

  /** Sends nothing more. */
  end(): void {
    this.#socket.end()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** The request is over; further bytes are unsolicited. */
  release(): void {
    const idleTimeout = this.#parser?.head?.idleTimeout
    if (idleTimeout !== undefined) this.idleTimeout = idleTimeout
    this.#user = undefined
    this.#parser = undefined
    this.#socket.resume()
  }

  destroy(): void {
    this.#user = undefined
    this.#over()
  }

  #onData(bytes: Buffer): void {
    const parser = this.#parser
    // Unsolicited bytes: the next response could be mistaken.
    if (parser === undefined) return this.#over()
    this.#hasAnswered = true
    try {
      parser.read(bytes)
      this.#user?.onRead()
    } catch (error) {
      this.#break(error as Error)
    }
  }

  #onEnd(): void {
    try {
      this.#parser?.finish()
      this.#user?.onRead()
      this.#over()
    } catch (error) {
      this.#break(error as Error)
    }
  }

  /** Reads what the server has sent before it closed. */
  #onWriteError(error: Error): void {
    if (this.#isOver || this.#cannotWrite) return
    this.#cannotWrite = true
    this.#owner.clock.after(lastWordsPatience, () => {
      if (!this.#hasAnswered) this.#break(error)
    })
  }

  #break(error: Error): void {
    const user = this.#user
    this.#user = undefined
    this.#over()
    user?.onBroken(error)
  }

  #over(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#socket.destroy()
    this.#owner.onClosed(this)
  }
}

/**
 * Handles failed writes instead of letting the stream destroy the socket, which would discard
 * received bytes that were not read yet.
 */
function hearWrites(socket: Socket, onError: (error: Error) => void): void {
  const heard =
    (callback: WriteCallback): WriteCallback =>
    (error) => {
      if (error) onError(error)
      else callback()
    }
  const write = socket._write
  const writev = socket._writev
  socket._write = (chunk, encoding, callback) =>
    write.call(socket, chunk, encoding, heard(callback))
  if (writev) socket._writev = (chunks, callback) => writev.call(socket, chunks, heard(callback))
}

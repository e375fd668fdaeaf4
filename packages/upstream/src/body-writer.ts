/** Writes the body of a request to a connection, in the framing that its head announces. */
import type { Connection } from './connection.ts'
import { isToken, isValue } from './fields.ts'
import type { UpstreamRequestHead } from './request-head.ts'

export class BodyWriter {
  readonly #isChunked: boolean
  readonly #isUpgrade: boolean
  #connection: Connection | undefined
  /** What was written before there was a connection. */
  #pending: Buffer[] = []
  #pendingBytes = 0
  #end: readonly string[] | undefined
  /** Bytes of a body of known length that were not written yet. */
  #left: number
  #isSent = false

  constructor(head: UpstreamRequestHead) {
    this.#isChunked = head.body === 'chunked'
    this.#isUpgrade = head.body === 'upgrade'
    this.#left = this.#isUpgrade ? Number.POSITIVE_INFINITY : head.length
  }

  /** Whether all of it has been given to the socket. */
  get isSent(): boolean {
    return this.#isSent
  }

  /** Bytes that have not left. */
  get queuedBytes(): number {
    return this.#pendingBytes + (this.#connection?.unsentLength ?? 0)
  }

  /** Writes from now on to a connection, beginning with what was kept; false as {@link write}. */
  connect(connection: Connection): boolean {
    this.#connection = connection
    const [pending, end] = [this.#pending, this.#end]
    this.#pending = []
    this.#pendingBytes = 0
    let goOn = true
    for (const chunk of pending) goOn = this.write(chunk)
    if (end !== undefined) this.end(end)
    return goOn
  }

  /** Writes body bytes. Returns false if no more should be written for now. */
  write(chunk: Buffer): boolean {
    const connection = this.#connection
    if (connection === undefined) {
      this.#pending.push(chunk)
      this.#pendingBytes += chunk.length
      return false
    }
    // An empty chunk would end the body.
    if (chunk.length === 0) return true
    const goOn = this.#isChunked ? connection.writeChunk(chunk) : connection.write(chunk)
    this.#left -= chunk.length
    // The end may be announced later than the server answers.
    if (!this.#isChunked && this.#left === 0) this.#isSent = true
    return goOn || this.#isSent
  }

  /** The body is complete. `trailers` are names and values, in turn; only chunks carry them. */
  end(trailers: readonly string[]): void {
    if (this.#connection === undefined) {
      this.#end = trailers
      return
    }
    if (this.#isChunked) this.#connection.writeText(`0\r\n${linesOf(trailers)}\r\n`)
    if (this.#isUpgrade) this.#connection.end()
    this.#isSent = true
  }
}

function linesOf(trailers: readonly string[]): string {
  let lines = ''
  for (let at = 0; at < trailers.length; at += 2) {
    const name = trailers[at] as string
    const value = trailers[at + 1] as string
    if (isToken(name) && isValue(value)) lines += `${name}: ${value}\r\n`
  }
  return lines
}

/** Parses the response to one request from the bytes of a connection. Pure. */
import { readLatin1 } from '@resumelb/common'
import { maxHeadLength } from '@resumelb/protocol'
import { ChunkedBody } from './chunked-body.ts'
import { UpstreamFault } from './fault.ts'
import { readResponseHead, type UpstreamResponseHead } from './response-head.ts'

/** Receives the parts of a response. */
export interface ResponseEvents {
  /** Heads below 200 precede the final one. */
  onHead(head: UpstreamResponseHead): void
  onBody(piece: Buffer): void
  /** The response is complete. `trailers` are names and values, alternating. */
  onEnd(trailers: readonly string[]): void
}

const headEnd = Buffer.from('\r\n\r\n')

/** An empty line after any line, with bare line feeds allowed as well (RFC 9112 §2.2). */
const emptyLine = /\n\r?\n/

export class ResponseParser {
  readonly #events: ResponseEvents
  readonly #isHead: boolean
  readonly #mayUpgrade: boolean
  #state: 'head' | 'length' | 'chunked' | 'close' | 'over' = 'head'
  /** The beginning of an incomplete head. */
  #begun: Buffer | undefined
  /** Characters that are left for all interim heads together. */
  #interimLeft: number = maxHeadLength
  /** Bytes of a body with a known length that have not arrived. */
  #left = 0
  #chunked: ChunkedBody | undefined
  #head: UpstreamResponseHead | undefined
  /** Whether the connection cannot be reused. */
  #isSpent = false
  readonly #onPiece = (piece: Buffer): void => this.#events.onBody(piece)

  /**
   * `method` is that of the request: a response to HEAD has no body, whatever its head says.
   * `mayUpgrade`: the request asks for an upgrade; after a 101, all bytes are the body.
   */
  constructor(method: string | undefined, events: ResponseEvents, mayUpgrade = false) {
    this.#events = events
    this.#mayUpgrade = mayUpgrade
    this.#isHead = method === 'HEAD'
  }

  /** Whether the response is complete. */
  get isOver(): boolean {
    return this.#state === 'over'
  }

  /** The final head (from 200), once it has arrived. */
  get head(): UpstreamResponseHead | undefined {
    return this.#head
  }

  /** Whether another request may follow on the connection. */
  get keepsAlive(): boolean {
    return this.isOver && !this.#isSpent && this.#head?.keepsAlive === true
  }

  /** Throws an {@link UpstreamFault} for an invalid response. */
  read(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) {
      switch (this.#state) {
        case 'head':
          at = this.#readHead(bytes, at)
          break
        case 'length':
          at = this.#readLength(bytes, at)
          break
        case 'chunked':
          at = this.#readChunks(bytes, at)
          break
        case 'close':
          this.#events.onBody(at === 0 ? bytes : bytes.subarray(at))
          return
        default:
          // Unsolicited: requests and responses no longer match.
          this.#isSpent = true
          return
      }
    }
  }

  /**
   * The server has closed its side. Throws an {@link UpstreamFault} if the response is incomplete.
   */
  finish(): void {
    this.#isSpent = true
    if (this.#state === 'over') return
    if (this.#state === 'close') return this.#end([])
    throw new UpstreamFault(
      this.#state === 'head' ? 'closed without a response' : 'closed within the response',
      { isClose: true },
    )
  }

  #readHead(bytes: Buffer, start: number): number {
    const before = this.#begun?.length ?? 0
    const all = before === 0 ? bytes : Buffer.concat([this.#begun as Buffer, bytes])
    const text = headText(all, start)
    if (text === undefined) {
      if (all.length - start > maxHeadLength) throw tooLong()
      this.#begun = start === 0 ? all : all.subarray(start)
      return bytes.length
    }
    if (text.length > maxHeadLength) throw tooLong()
    this.#begun = undefined
    this.#onHead(readResponseHead(text), text.length)
    return start + text.length - before
  }

  #onHead(head: UpstreamResponseHead, length: number): void {
    const { status } = head
    if (status === 101) return this.#onUpgrade(head)
    if (status < 200) return this.#onInterim(head, length)
    this.#head = head
    const hasBody = !this.#isHead && status !== 204 && status !== 304
    const isEmpty = !hasBody || (head.body === 'length' && head.length === 0)
    this.#left = head.length
    if (!isEmpty) {
      this.#state = head.body
      if (head.body === 'chunked') this.#chunked = new ChunkedBody()
    }
    this.#events.onHead(head)
    if (isEmpty) this.#end([])
  }

  #onInterim(head: UpstreamResponseHead, length: number): void {
    this.#interimLeft -= length
    if (this.#interimLeft < 0) throw new UpstreamFault('too many interim responses')
    this.#events.onHead(head)
  }

  #onUpgrade(head: UpstreamResponseHead): void {
    if (!this.#mayUpgrade) {
      throw new UpstreamFault('changes the protocol, which was not asked for')
    }
    this.#head = head
    this.#state = 'close'
    this.#events.onHead(head)
  }

  #readLength(bytes: Buffer, start: number): number {
    const end = Math.min(bytes.length, start + this.#left)
    this.#left -= end - start
    this.#events.onBody(bytes.subarray(start, end))
    if (this.#left === 0) this.#end([])
    return end
  }

  #readChunks(bytes: Buffer, start: number): number {
    const chunked = this.#chunked as ChunkedBody
    const end = chunked.read(bytes, start, this.#onPiece)
    if (chunked.isOver) this.#end(chunked.trailers)
    return end
  }

  #end(trailers: readonly string[]): void {
    this.#state = 'over'
    this.#events.onEnd(trailers)
  }
}

function tooLong(): UpstreamFault {
  return new UpstreamFault(`a head of more than ${maxHeadLength} bytes`)
}

/** The head that begins at `start`, including its empty line; `undefined` if it is incomplete. */
function headText(bytes: Buffer, start: number): string | undefined {
  const end = bytes.indexOf(headEnd, start)
  const stop = end < 0 ? Math.min(bytes.length, start + maxHeadLength + 1) : end + headEnd.length
  const text = readLatin1(bytes, start, stop)
  const found = emptyLine.exec(text)
  if (found !== null) return text.slice(0, found.index + found[0].length)
  return undefined
}

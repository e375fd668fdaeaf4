/** A client that sends the message of a case as it says, piece by piece. */
import { connect, type Socket } from 'node:net'
import { type BodyCase, bytesOf, type SentBody } from './body-case.ts'

/** Pieces of a message, at most. */
const maxPieces = 60

/** The message of a body, as it goes over the wire. */
function messageOf(body: SentBody, id: string): Buffer {
  const bytes = bytesOf(body)
  const isChunked = body.framing === 'chunked'
  const framing = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes.length}`
  const head = `POST / HTTP/1.1\r\nHost: a.test\r\nX-Case: ${id}\r\n${framing}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), isChunked ? inChunks(bytes, body) : bytes])
}

function inChunks(bytes: Buffer, { cuts, hasTrailers }: SentBody): Buffer {
  const parts: Buffer[] = []
  const least = Math.ceil(bytes.length / maxPieces)
  for (let at = 0, count = 0; at < bytes.length; count++) {
    const size = Math.max(least, cuts[(count + 1) % cuts.length] as number)
    const chunk = bytes.subarray(at, at + size)
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'))
    at += chunk.length
  }
  parts.push(Buffer.from(hasTrailers ? '0\r\nX-Sum: 42\r\n\r\n' : '0\r\n\r\n'))
  return Buffer.concat(parts)
}

/** One client with a connection of its own. */
export class CaseClient {
  readonly #socket: Socket
  #received = ''
  readonly closed: Promise<unknown>

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.setNoDelay()
    this.#socket.on('data', (chunk) => {
      this.#received += chunk.toString('latin1')
    })
    // Of a connection that the other side breaks. That it is over is told by 'close'.
    this.#socket.on('error', () => undefined)
    this.closed = heard(this.#socket, 'close')
  }

  /** What came: the status of the first answer and its body, or `nothing`. */
  get answer(): string {
    const [head = '', body = ''] = this.#received.split('\r\n\r\n')
    const text = /transfer-encoding: chunked/i.test(head) ? body.replace(/\r\n/g, ' ') : body
    return head === '' ? 'nothing' : `${head.slice(9, 12)} ${text}`
  }

  /** Sends the message, or the part after which the client leaves. */
  async send({ body }: BodyCase, id: string): Promise<void> {
    const message = messageOf(body, id)
    const end = Math.ceil(message.length * body.leavesAfter)
    const least = Math.ceil(message.length / maxPieces)
    for (let at = 0, count = 0; at < end && !this.#socket.destroyed; count++) {
      const size = Math.max(least, body.cuts[count % body.cuts.length] as number)
      const isTaken = this.#socket.write(message.subarray(at, Math.min(end, at + size)))
      at += size
      if (!isTaken) await Promise.race([heard(this.#socket, 'drain'), this.closed])
      await new Promise(setImmediate)
    }
  }

  /** Resolves when an answer is here whole, or the connection is over. */
  async answered(): Promise<void> {
    while (!/\r\n\r\n(?:6\r\n)?answer|\r\n\r\n.*502/s.test(this.#received)) {
      const isOver = await Promise.race([
        heard(this.#socket, 'data').then(() => false),
        this.closed.then(() => true),
      ])
      if (isOver) return
    }
  }

  leave(): void {
    this.#socket.destroy()
  }
}

/** Resolves at the next such event, whatever comes before. */
function heard(socket: Socket, event: string): Promise<unknown> {
  return new Promise((resolve) => socket.once(event, resolve))
}

/** The way out of a response: what Node's class would write to a socket goes to a stream. */
import { OutgoingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { joinHeaders, type ResponseHead, type StreamEnd } from '@resumelb/protocol'
import { headerBlock, trailerBlock } from './response-fields.ts'

export type Callback = (error?: Error | null) => void
export type Chunk = string | Uint8Array

/** Where a response goes: the request's stream, and what measures it. */
export interface ResponseTarget {
  /** Sends a head, with the whole body and the end of a short response, or an interim head. */
  respond(head: ResponseHead, body: Buffer | undefined, end: StreamEnd | undefined): void
  /** Returns false if the bytes wait; then `drained` is called when they have left. */
  write(chunk: Buffer): boolean
  end(end: StreamEnd): void
  /** Body bytes that have not left. */
  readonly queuedBytes: number
  /** The handler is done, with its last body bytes. Called once, before these and the end are sent. */
  onDone(status: number, trailers: string, lastBytes: number): StreamEnd
  /** The response has left, and the handler was told. */
  onFinished(): void
}

/** What Node's class has and its types do not tell. */
interface Internals {
  _header: string | null
  _hasBody: boolean
  _trailer: string
  _closed: boolean
  _implicitHeader(): void
}

/** Stands for the text of a head, which Node's class keeps to know that there is one. */
const written = ' '

export class ResponseOutput {
  readonly #response: ServerResponse & Internals
  readonly #target: ResponseTarget
  /** The head, until it leaves: with the first bytes of the body, so that they travel together. */
  #head: ResponseHead | undefined
  #isClosed = false
  /** Called when what was written before them has left, in order. */
  readonly #callbacks: Callback[] = []
  #wantsDrain = false

  constructor(response: ServerResponse, target: ResponseTarget) {
    this.#response = response as ServerResponse & Internals
    this.#target = target
  }

  storeHead(headers: unknown): void {
    const response = this.#response
    const table = (response as unknown as Record<symbol, unknown>)[outHeaders]
    const { statusCode, statusMessage } = response
    this.#head = {
      status: statusCode,
      reason: statusMessage === STATUS_CODES[statusCode] ? '' : statusMessage,
      headers: headerBlock(headers, headers === table),
    }
    response._header = written
  }

  sendHead(): void {
    const head = this.#head
    if (head === undefined) return
    this.#head = undefined
    this.#target.respond(head, undefined, undefined)
  }

  /** Sends an interim response from the text that Node makes of it. */
  inform(text: string): void {
    const [firstLine = '', ...lines] = text.split('\r\n')
    const fields: string[] = []
    for (const line of lines) {
      const colon = line.indexOf(':')
      if (colon > 0) fields.push(line.slice(0, colon), line.slice(colon + 1).trim())
    }
    const status = Number(firstLine.split(' ')[1])
    this.#target.respond({ status, reason: '', headers: joinHeaders(fields) }, undefined, undefined)
  }

  write(
    chunk: Chunk,
    encoding: BufferEncoding | undefined,
    callback: Callback | undefined,
  ): boolean {
    const response = this.#response
    const bytes = toBuffer(chunk, encoding)
    if (response.finished)
      return this.#refuse('ERR_STREAM_WRITE_AFTER_END', 'write after end', callback)
    if (response.destroyed) {
      return this.#refuse(
        'ERR_STREAM_DESTROYED',
        'Cannot call write after a stream was destroyed',
        callback,
      )
    }
    if (!response._header) response._implicitHeader()
    this.sendHead()
    if (!response._hasBody || bytes.length === 0) {
      if (callback) process.nextTick(callback)
      return true
    }
    const goOn = this.#target.write(bytes)
    if (callback) this.#afterBytes(callback, goOn)
    if (!goOn) this.#wantsDrain = true
    return goOn
  }

  end(
    chunk: Chunk | null | undefined,
    encoding: BufferEncoding | undefined,
    callback: Callback | undefined,
  ): void {
    const response = this.#response
    if (response.finished) {
      if (chunk) this.#refuse('ERR_STREAM_WRITE_AFTER_END', 'write after end', callback)
      else if (callback) process.nextTick(callback)
      return
    }
    const bytes = chunk === null || chunk === undefined ? undefined : toBuffer(chunk, encoding)
    if (!response._header) response._implicitHeader()
    if (callback) response.once('finish', callback)
    response.finished = true
    response.emit('prefinish')
    const body = response._hasBody && bytes && bytes.length > 0 ? bytes : undefined
    this.#send(body)
    if (this.#target.queuedBytes === 0) process.nextTick(() => this.#finish())
  }

  /** Everything that waited has left. */
  drained(): void {
    for (const callback of this.#callbacks.splice(0)) callback()
    if (this.#response.finished) this.#finish()
    else if (this.#wantsDrain) {
      this.#wantsDrain = false
      this.#response.emit('drain')
    }
  }

  /** The client, or the connection to it, is gone. */
  abort(): void {
    this.#response.destroyed = true
    this.#close()
  }

  #send(body: Buffer | undefined): void {
    const response = this.#response
    const trailers = trailerBlock(response._trailer)
    const end = this.#target.onDone(response.statusCode, trailers, body?.length ?? 0)
    const head = this.#head
    this.#head = undefined
    if (head !== undefined) {
      this.#target.respond(head, body, end)
    } else {
      if (body !== undefined) this.#target.write(body)
      this.#target.end(end)
    }
  }

  #finish(): void {
    if (this.#isClosed) return
    this.#response.emit('finish')
    this.#target.onFinished()
    this.#close()
  }

  #close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#callbacks.length = 0
    this.#response.destroyed = true
    this.#response._closed = true
    this.#response.emit('close')
  }

  #afterBytes(callback: Callback, haveLeft: boolean): void {
    if (haveLeft) process.nextTick(callback)
    else this.#callbacks.push(callback)
  }

  #refuse(code: string, message: string, callback: Callback | undefined): false {
    const error = Object.assign(new Error(message), { code })
    process.nextTick(() => {
      if (callback) callback(error)
      // Without a listener the error would end the process, for a mistake in one request.
      if (this.#response.listenerCount('error') > 0) this.#response.emit('error', error)
    })
    return false
  }
}

/** The key of Node's own table of header fields, which `setHeader` fills. */
const outHeaders = symbolNamed('kOutHeaders')

function symbolNamed(name: string): symbol {
  // The response's class sets it on every instance.
  const symbols = Object.getOwnPropertySymbols(new OutgoingMessage())
  const found = symbols.find((symbol) => symbol.description === name)
  if (found === undefined) throw new Error(`this Node.js has no ${name} in its responses`)
  return found
}

function toBuffer(chunk: Chunk, encoding: BufferEncoding | undefined): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk, encoding)
  if (Buffer.isBuffer(chunk)) return chunk
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
  if (chunk === null) {
    throw Object.assign(new TypeError('May not write null values to stream'), {
      code: 'ERR_STREAM_NULL_VALUES',
    })
  }
  throw Object.assign(
    new TypeError(
      `The "chunk" argument must be of type string or an instance of Buffer or Uint8Array. Received ${typeof chunk}`,
    ),
    { code: 'ERR_INVALID_ARG_TYPE' },
  )
}

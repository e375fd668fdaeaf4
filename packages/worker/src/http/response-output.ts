/** The output of a response: a stream sends what Node's class would write to a socket. */
import { Buffer } from 'node:buffer'
import { type ServerResponse, STATUS_CODES } from 'node:http'
import process from 'node:process'
import { fieldsOfLines } from '@resumelb/common'
import { joinHeaders, type ResponseHead } from '@resumelb/protocol'
import { type Chunk, toBody, toBuffer } from './chunk.ts'
import { headTooLong, interimMistake, responseMistake } from './head-mistakes.ts'
import { type HeadFields, headFields, trailerBlock } from './response-fields.ts'
import {
  callsBackBeforeFinish,
  fieldTableOf,
  type ResponseInternals,
  setWritableFinished,
} from './response-internals.ts'
import type { ResponseTarget } from './response-target.ts'
import { alreadyFinishedError, destroyed, destroyedError } from './stream-errors.ts'

export type Callback = (error?: Error | null) => void

/** Placeholder for the text of a head, by which Node's class knows that there is one. */
const written = ' '

export class ResponseOutput {
  readonly #response: ServerResponse & ResponseInternals
  readonly #target: ResponseTarget
  /** The head, until it is sent with the first bytes of the body. */
  #head: ResponseHead | undefined
  /**
   * Whether the head lacks a length, which is added if the body is complete before the head is
   * sent.
   */
  #isUnframed = false
  /** Whether the application wants no Content-Length, even if the length is known in time. */
  #isChunked = false
  #isClosed = false
  #isFinished = false
  /** Called when what was written before them was sent, in order. */
  #callbacks: Callback[] | undefined
  /** Called before the event `finish` where {@link callsBackBeforeFinish}; otherwise undefined. */
  #endCallbacks: Callback[] | undefined
  #wantsDrain = false

  constructor(response: ServerResponse, target: ResponseTarget) {
    this.#response = response as ServerResponse & ResponseInternals
    this.#target = target
  }

  storeHead(headers: unknown): void {
    const response = this.#response
    const isTable = headers === fieldTableOf(response)
    const fields = headFields(headers, isTable, !response.shouldKeepAlive)
    const { statusCode, statusMessage } = response
    const reason = statusMessage === STATUS_CODES[statusCode] ? '' : statusMessage
    const head = { status: statusCode, reason, headers: fields.block }
    const mistake = responseMistake(head)
    if (mistake) this.#storeFailure(mistake)
    else this.#store(head, fields)
  }

  sendHead(): void {
    const head = this.#head
    if (head === undefined) return
    this.#head = undefined
    this.#target.respond(head, undefined, undefined)
  }

  /**
   * Answers 500 instead of what has not been sent. Returns false if the head was sent. Bypasses the
   * methods of the response, which middleware may have replaced.
   */
  answerFailure(): boolean {
    const response = this.#response
    if (response._header && this.#head === undefined) return false
    response.statusCode = 500
    response.statusMessage = STATUS_CODES[500] as string
    response._hasBody = response.req.method !== 'HEAD'
    response._trailer = ''
    this.#store({ status: 500, reason: '', headers: failureFields }, undefined)
    this.end('Internal Server Error\n', undefined, undefined)
    return true
  }

  /** Sends an interim response from the text that Node creates. */
  inform(text: string): void {
    const firstLine = text.slice(0, text.indexOf('\r\n'))
    const fields = fieldsOfLines(text.slice(firstLine.length))
    // After the final head it would be too late.
    if (this.#response._header && this.#head === undefined) return
    const status = Number(firstLine.split(' ')[1])
    const head = { status, reason: '', headers: joinHeaders(fields) }
    const mistake = interimMistake(head)
    if (mistake) this.#target.onMistake(mistake)
    else this.#target.respond(head, undefined, undefined)
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
    if (response.destroyed) return this.#refuse(...destroyed, callback)
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
      else if (callback) this.#afterEnd(callback)
      return
    }
    const whole = chunk === null || chunk === undefined ? undefined : toBody(chunk, encoding)
    if (!response._header) response._implicitHeader()
    if (callback) this.#afterEnd(callback)
    response.finished = true
    response.emit('prefinish')
    this.#send(response._hasBody && whole && whole.length > 0 ? whole : undefined)
    if (this.#target.queuedBytes === 0) process.nextTick(finish, this)
  }

  /** Everything that was buffered has been sent. */
  drained(): void {
    const callbacks = this.#callbacks
    this.#callbacks = undefined
    if (callbacks) callAll(callbacks, undefined)
    if (this.#response.finished) this.finish()
    else if (this.#wantsDrain) {
      this.#wantsDrain = false
      this.#response.emit('drain')
    }
  }

  /** The client has disconnected, or the connection to it is lost. */
  abort(): void {
    const callbacks = this.#callbacks
    const endCallbacks = this.#endCallbacks
    this.#response.destroyed = true
    this.#close()
    // Callbacks must not wait without end.
    if (callbacks) process.nextTick(callAll, callbacks, destroyedError())
    if (endCallbacks) process.nextTick(callAll, endCallbacks, destroyedError())
  }

  /** The response was sent: emits `finish`, then `close`. Only after its end. */
  finish(): void {
    if (this.#isClosed || this.#isFinished) return
    this.#isFinished = true
    const response = this.#response
    // In the order of Node's server.
    this.#target.onFinished()
    response.socket = null
    if (callsBackBeforeFinish) {
      setWritableFinished(response)
      const callbacks = this.#endCallbacks
      this.#endCallbacks = undefined
      if (callbacks) callAll(callbacks, null)
    }
    response.emit('finish')
    if (response.listenerCount('close') === 0) this.#close()
    else process.nextTick(close, this)
  }

  /** Part of {@link finish}, in a later iteration. */
  close(): void {
    this.#close()
  }

  #store(head: ResponseHead, fields: HeadFields | undefined): void {
    const response = this.#response
    this.#head = head
    this.#isUnframed = fields?.isFramed !== true && response._hasBody && !response._removedContLen
    this.#isChunked = fields?.isChunked === true || response._removedContLen
    response._header = written
  }

  /**
   * Reported instead of thrown: where handlers have no `catch`, an exception would end the process.
   */
  #storeFailure(mistake: Error): void {
    const response = this.#response
    this.#target.onMistake(mistake)
    response.statusCode = 500
    response._hasBody = false
    this.#store({ status: 500, reason: '', headers: '' }, undefined)
  }

  #send(body: Buffer | string | undefined): void {
    const length = body === undefined ? 0 : Buffer.byteLength(body)
    const trailers = this.#trailers()
    const end = this.#target.onDone(this.#response.statusCode, trailers, length)
    const head = this.#head
    // A body that is complete with its end has a length, which the load balancer adds.
    if (head !== undefined && trailers === '' && !this.#isChunked) {
      this.#head = undefined
      const whole = this.#isUnframed ? withLength(head, length) : head
      this.#target.respond(whole, body, end)
      return
    }
    this.sendHead()
    if (body !== undefined) this.#target.write(toBuffer(body, undefined))
    this.#target.end(end)
  }

  #trailers(): string {
    const { _trailer } = this.#response
    if (_trailer === '') return ''
    const trailers = trailerBlock(_trailer)
    const mistake = headTooLong({ status: 0, reason: '', headers: trailers })
    if (mistake === undefined) return trailers
    this.#target.onMistake(mistake)
    return ''
  }

  #close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#callbacks = undefined
    this.#endCallbacks = undefined
    this.#response.destroyed = true
    this.#response._closed = true
    this.#response.emit('close')
  }

  #afterBytes(callback: Callback, haveLeft: boolean): void {
    if (haveLeft) process.nextTick(callback)
    else if (this.#callbacks) this.#callbacks.push(callback)
    else this.#callbacks = [callback]
  }

  /** The callback of an `end`. */
  #afterEnd(callback: Callback): void {
    if (this.#response.writableFinished) callback(alreadyFinishedError())
    else if (!callsBackBeforeFinish) this.#response.once('finish', callback)
    else if (this.#isClosed) process.nextTick(callback, destroyedError())
    else if (this.#endCallbacks) this.#endCallbacks.push(callback)
    else this.#endCallbacks = [callback]
  }

  #refuse(code: string, message: string, callback: Callback | undefined): false {
    const error = Object.assign(new Error(message), { code })
    process.nextTick(() => {
      if (callback) callback(error)
      // Without a listener, the error would end the process because of a mistake in one request.
      if (this.#response.listenerCount('error') > 0) this.#response.emit('error', error)
    })
    return false
  }
}

function callAll(callbacks: readonly Callback[], error: Error | null | undefined): void {
  for (const callback of callbacks) callback(error)
}

const failureFields = joinHeaders(['Content-Type', 'text/plain; charset=utf-8'])

function withLength(head: ResponseHead, length: number): ResponseHead {
  const field = `Content-Length\n${length}`
  const headers = head.headers === '' ? field : `${head.headers}\n${field}`
  return { status: head.status, reason: head.reason, headers }
}

function finish(output: ResponseOutput): void {
  output.finish()
}

function close(output: ResponseOutput): void {
  output.close()
}

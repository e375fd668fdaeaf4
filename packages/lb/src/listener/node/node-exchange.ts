/** An exchange on a request and a response of `node:http`. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FailureName } from '../../http/failures.ts'
import { interimText } from '../../http/h1-text.ts'
import {
  type ClientHead,
  type HttpExchange,
  type HttpExchangeListener,
  longestText,
} from '../../http/http-exchange.ts'
import type { Peer } from '../../http/peers.ts'
import type { RequestFacts } from '../../http/request-fields.ts'
import { readMessage } from '../../http/request-rules.ts'
import type { ResponseFields } from '../../http/response-fields.ts'
import { breakOffSocket } from '../break-off.ts'
import {
  addLines,
  endWithText,
  hasAskedForBody,
  keepReading,
  keepsHeadAsText,
  leaveUnread,
  sendHead,
  sendInterim,
} from './internals.ts'

export class NodeExchange implements HttpExchange {
  readonly request: IncomingMessage
  readonly facts: RequestFacts
  readonly refusal: FailureName | undefined
  readonly peer: Peer
  readonly #response: ServerResponse
  #listener: HttpExchangeListener | undefined
  #isHeld = false
  /** The timeout given to {@link watch}; 0: none. */
  #timeout = 0
  #isLengthKnown = false

  constructor(request: IncomingMessage, response: ServerResponse, peer: Peer) {
    this.request = request
    this.peer = peer
    const { url, rawHeaders, facts, isLast, refusal } = readMessage(
      {
        method: request.method ?? '',
        url: request.url ?? '',
        minorVersion: request.httpVersionMinor,
        rawHeaders: request.rawHeaders,
      },
      peer,
    )
    this.facts = facts
    // Of a server without a listener for upgrades: its connections cannot be had.
    this.refusal = facts.upgrade === undefined ? refusal : 'UNSUPPORTED_UPGRADE'
    this.#response = response
    if (isLast) response.shouldKeepAlive = false
    if (rawHeaders === request.rawHeaders) return
    // Sets the effective host, so that all code sees the same one.
    request.url = url
    request.rawHeaders = [...rawHeaders]
    if (facts.host !== undefined) request.headers.host = facts.host
  }

  get body(): IncomingMessage {
    return this.request
  }

  get hasBegun(): boolean {
    return this.#response.headersSent
  }

  leaveUnread(): void {
    leaveUnread(this.request)
  }

  keepReading(): void {
    keepReading(this.request)
    this.#response.once('close', () => this.#watchRest())
  }

  listen(listener: HttpExchangeListener): void {
    this.#listener = listener
    this.#response.on('close', () => listener.onClientClose())
  }

  askForBody(): void {
    if (!this.facts.expectsContinue || hasAskedForBody(this.#response)) return
    this.#response.writeContinue()
  }

  interim(status: number, reason: string, fields: ResponseFields): void {
    if (this.request.httpVersionMinor < 1) return
    sendInterim(this.#response, interimText(status, reason, fields.lines))
  }

  setHead({ status, reason, contentLength, fields }: ClientHead): void {
    const response = this.#response
    this.#isLengthKnown = contentLength >= 0
    const isWaiting = this.facts.expectsContinue && !hasAskedForBody(response)
    // It is unknown whether a client that got no 100 will send its body.
    if (isWaiting && !this.request.complete) response.shouldKeepAlive = false
    const pairs: string[] = []
    if (contentLength >= 0) pairs.push('Content-Length', fields.lengthText ?? String(contentLength))
    if (fields.date !== undefined) pairs.push('Date', fields.date)
    const isText = keepsHeadAsText(response)
    if (!isText) pairs.push(...fields.pairs)
    if (reason === '') response.writeHead(status, pairs)
    else response.writeHead(status, reason, pairs)
    if (isText) addLines(response, fields.lines)
  }

  acceptUpgrade(): never {
    throw new Error('node:http keeps the connection of a request that it has not given up')
  }

  flushHead(): void {
    sendHead(this.#response)
  }

  write(chunk: Buffer): boolean {
    const goesOn = this.#response.write(chunk)
    if (!goesOn) this.#hold()
    return goesOn
  }

  end(body?: Buffer): void {
    if (body === undefined) this.#response.end()
    else if (body.length > longestText) this.#response.end(body)
    else endWithText(this.#response, body.toString('latin1'))
    if (this.#response.writableLength > 0) this.#listener?.onClientBlocked()
  }

  addTrailers(fields: ResponseFields): void {
    this.#response.addTrailers(tuplesOf(fields.pairs))
  }

  closeAfter(): void {
    this.#response.shouldKeepAlive = false
  }

  breakOff(): void {
    const { socket, httpVersionMinor } = this.request
    breakOffSocket(socket, !this.#isLengthKnown && httpVersionMinor < 1)
  }

  watch(timeout: number): void {
    // Node handles the socket, also after the response.
    this.request.socket.setTimeout(timeout)
    const isFirst = this.#timeout === 0
    this.#timeout = timeout
    if (!isFirst) return
    this.#response.on('timeout', () => this.#listener?.onClientSilent())
  }

  /** After the response, when Node sets the timeout of an idle connection. */
  #watchRest(): void {
    const { request } = this
    const { socket } = request
    if (this.#timeout === 0 || request.complete) return
    const { timeout } = socket
    socket.setTimeout(this.#timeout)
    request.once('end', () => {
      // Unless the socket belongs to the next request already.
      if (socket.timeout === this.#timeout) socket.setTimeout(timeout ?? 0)
    })
  }

  #hold(): void {
    if (this.#isHeld) return
    this.#isHeld = true
    this.#response.once('drain', () => {
      this.#isHeld = false
      this.#listener?.onClientDrain()
    })
  }
}

function tuplesOf(pairs: readonly string[]): [name: string, value: string][] {
  const tuples: [string, string][] = []
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    tuples.push([pairs[at] as string, pairs[at + 1] as string])
  }
  return tuples
}

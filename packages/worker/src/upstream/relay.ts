/** One request of the worker on its way to the server behind, and its response on the way back. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Logger } from '@resumelb/common'
import {
  reasonOf,
  UpstreamFault,
  UpstreamRequest,
  type UpstreamRequestEvents,
  type UpstreamRequestHead,
  type UpstreamResponseHead,
  type UpstreamServer,
  warmDepth,
} from '@resumelb/upstream'
import { RequestRefusedError } from '../errors.ts'
import type { HandlerRequest } from '../http/request-facts.ts'

export class Relay implements UpstreamRequestEvents {
  readonly #log: Logger
  readonly #request: IncomingMessage & Partial<HandlerRequest>
  readonly #response: ServerResponse
  readonly #upstream: UpstreamRequest
  readonly #hasBody: boolean
  /** Whether the client takes nothing for now, and nothing is read for it. */
  #isHeld = false
  #isSettled = false
  #resolve: () => void = () => undefined
  #reject: (error: Error) => void = () => undefined

  constructor(
    server: UpstreamServer,
    log: Logger,
    request: IncomingMessage & Partial<HandlerRequest>,
    response: ServerResponse,
    head: UpstreamRequestHead,
  ) {
    this.#log = log
    this.#request = request
    this.#response = response
    this.#upstream = new UpstreamRequest(server, head, request.method ?? '', this)
    this.#hasBody = head.body !== 'none'
  }

  /**
   * Resolves when a response is complete, or the client has disconnected. Rejects with a {@link
   * RequestRefusedError} if nothing could be sent, with another error if the response was aborted.
   */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      if (this.#response.destroyed) return resolve()
      this.#response.once('close', this.#onClientClose)
      this.#upstream.start()
    })
  }

  /** Part of {@link UpstreamRequestEvents}. */
  onSent(): void {
    // The time of the request is measured by the worker.
  }

  /** Part of {@link UpstreamRequestEvents}: reading the body asks the client for it. */
  onBodyWanted(): void {
    this.#request.on('data', this.#onData)
    this.#request.on('end', this.#onEnd)
    this.#request.on('close', this.#onRequestClose)
  }

  /** Part of {@link UpstreamRequestEvents}. */
  onDrain(): void {
    this.#request.resume()
  }

  /** Part of {@link UpstreamRequestEvents}. */
  onBodyUnwanted(isBroken: boolean): void {
    this.#dropBody(isBroken)
  }

  /** Part of {@link UpstreamRequestEvents}. */
  onInterim({ status, fields }: UpstreamResponseHead): void {
    inform(this.#response, status, fields)
  }

  /** Part of {@link UpstreamRequestEvents}. */
  onResponse(head: UpstreamResponseHead, body: Buffer | undefined): void {
    this.#writeHead(head)
    if (body === undefined) this.#response.flushHeaders()
    else this.onBody(body)
  }

  /** Part of {@link UpstreamRequestEvents}. */
  onWholeResponse(
    head: UpstreamResponseHead,
    body: Buffer | undefined,
    trailers: readonly string[],
  ): void {
    this.#writeHead(head)
    this.onEnd(body, trailers)
  }

  /** Part of {@link UpstreamRequestEvents}. */
  onBody(piece: Buffer): void {
    if (this.#response.write(piece) || this.#isHeld) return
    this.#isHeld = true
    this.#upstream.pause()
    this.#response.once('drain', () => {
      this.#isHeld = false
      this.#upstream.resume()
    })
  }

  /** Part of {@link UpstreamRequestEvents}. */
  onEnd(last: Buffer | undefined, trailers: readonly string[]): void {
    const response = this.#response
    if (trailers.length > 0) response.addTrailers(pairs(trailers) as never)
    response.off('close', this.#onClientClose)
    if (last === undefined) response.end()
    else response.end(last)
    this.#settle()
  }

  /** Part of {@link UpstreamRequestEvents}: another worker may have the request. */
  onRefused(cause: unknown): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#reject(
      new RequestRefusedError(`no connection to upstream: ${reasonOf(cause)}`, { cause }),
    )
  }

  /** Part of {@link UpstreamRequestEvents}. */
  onBroken(error: Error): void {
    this.#dropBody(true)
    if (this.#isSettled) return
    this.#isSettled = true
    const response = this.#response
    const { method, url } = this.#request
    if (response.headersSent) {
      return this.#reject(new UpstreamFault(`response aborted: ${reasonOf(error)}`))
    }
    this.#log.error({ err: error, method, url }, `no response: ${reasonOf(error)}`)
    // Addresses and reasons are for the log, not for clients.
    response.writeHead(502, { 'Content-Type': 'text/plain; charset=utf-8' })
    response.end('Bad Gateway\n')
    this.#resolve()
  }

  readonly #onClientClose = (): void => {
    if (this.#response.writableEnded) return
    this.#ignoreBody()
    this.#upstream.abort()
    this.#settle()
  }

  readonly #onData = (chunk: Buffer): void => {
    if (!this.#upstream.write(chunk)) this.#request.pause()
  }

  readonly #onEnd = (): void => this.#upstream.end(this.#request.rawTrailers)

  /** The client has left in the middle of its body. */
  readonly #onRequestClose = (): void => {
    if (!this.#request.complete) this.#upstream.abort()
  }

  #writeHead({ status, reason, fields, warm }: UpstreamResponseHead): void {
    if (warm !== undefined) this.#tellWarm(warm)
    this.#response.writeHead(status, reason, fields as string[])
  }

  /** Passes on how deep the server was warm, which is no business of the client. */
  #tellWarm(value: string): void {
    const { resumelb } = this.#request
    const depth = warmDepth(value, resumelb?.chain?.length ?? 0)
    if (depth !== undefined) resumelb?.warm(depth)
  }

  /** The rest of the body is not needed; the client must not wait until it is read. */
  #dropBody(isBroken: boolean): void {
    if (!this.#hasBody) return
    this.#ignoreBody()
    const [request, response] = [this.#request, this.#response]
    // Destroying closes the client's connection: before the response is complete, it might not
    // arrive.
    if (response.destroyed) request.destroy()
    else request.resume()
    // As the server has done: a client that is still sending its body need not go on.
    if (isBroken) response.once('close', () => request.destroy())
  }

  #ignoreBody(): void {
    this.#request.off('data', this.#onData)
    this.#request.off('end', this.#onEnd)
    this.#request.off('close', this.#onRequestClose)
  }

  #settle(): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#resolve()
  }
}

/** Sends an interim response, through Node's own classes. */
function inform(response: ServerResponse, status: number, fields: readonly string[]): void {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`
  const raw = response as unknown as { _writeRaw(text: string, encoding: string): void }
  raw._writeRaw(`${text}\r\n`, 'latin1')
}

/** In the form of Node's `addTrailers`. */
function pairs(fields: readonly string[]): [string, string][] {
  const list: [string, string][] = []
  for (let at = 0; at < fields.length; at += 2) {
    list.push([fields[at] as string, fields[at + 1] as string])
  }
  return list
}

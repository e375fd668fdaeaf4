/** Serves another HTTP server, so that an application in any language can be a worker. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Dispatcher, Pool } from 'undici'
import { OptionError } from './errors.ts'
import type { RequestListener } from './handler.ts'

/** Fields of one hop: this worker and the server agree on their own. */
const hopFields: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'te',
  'expect',
])

/** Milliseconds to wait for a connection to the server. */
const connectTimeout = 5_000

/** A listener that passes every request on to the HTTP server at `url` and its response back. */
export function createUpstream(url: string): RequestListener {
  const pool = new Pool(originOf(url), {
    // As many as the worker lets run at once; it does the queueing.
    connections: null,
    pipelining: 1,
    connectTimeout,
    // How long a response may take is the load balancer's decision.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  return (request, response) => forward(pool, request, response)
}

function originOf(text: string): URL {
  if (URL.canParse(text)) {
    const url = new URL(text)
    const isOrigin = url.pathname === '/' && url.search === '' && url.hash === ''
    if (/^https?:$/.test(url.protocol) && isOrigin) return url
  }
  throw new OptionError('upstream', 'an origin such as http://127.0.0.1:9000', text)
}

function forward(pool: Pool, request: IncomingMessage, response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const method = request.method ?? 'GET'
    const hasBody = request.headers['content-length'] !== undefined || !request.complete
    const options: Dispatcher.DispatchOptions = {
      path: request.url ?? '/',
      method: method as Dispatcher.HttpMethod,
      headers: endToEnd(request.rawHeaders),
      body: hasBody ? request : null,
    }
    pool.dispatch(options, new Forwarder(response, resolve, reject))
  })
}

/** Passes what the server says on to the response, no faster than that takes it. */
class Forwarder implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse
  readonly #resolve: () => void
  readonly #reject: (error: Error) => void

  constructor(response: ServerResponse, resolve: () => void, reject: (error: Error) => void) {
    this.#response = response
    this.#resolve = resolve
    this.#reject = reject
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const abort = () => controller.abort(new Error('the client has left'))
    this.#response.once('close', () => {
      if (!this.#response.writableEnded) abort()
    })
    if (this.#response.destroyed) abort()
    this.#response.on('drain', () => controller.resume())
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    statusCode: number,
    _headers: unknown,
    statusMessage?: string,
  ): void {
    const raw = (controller.rawHeaders ?? []) as (Buffer | string)[]
    const fields = endToEnd(raw.map((part) => part.toString('latin1' as never)))
    if (statusCode < 200) return
    this.#response.writeHead(statusCode, statusMessage, fields)
    this.#response.flushHeaders()
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#response.write(chunk)) controller.pause()
  }

  onResponseEnd(
    _controller: Dispatcher.DispatchController,
    trailers: Record<string, unknown>,
  ): void {
    if (trailers && Object.keys(trailers).length > 0) this.#response.addTrailers(trailers as never)
    this.#response.end()
    this.#resolve()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const response = this.#response
    if (response.destroyed) return this.#resolve()
    if (response.headersSent) return this.#reject(error)
    response.writeHead(502, { 'Content-Type': 'text/plain; charset=utf-8' })
    response.end(`Bad Gateway: ${error.message}\n`)
    this.#resolve()
  }
}

function endToEnd(rawHeaders: readonly string[]): string[] {
  const fields: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (!hopFields.has(name.toLowerCase())) fields.push(name, rawHeaders[i + 1] as string)
  }
  return fields
}

/** Serves another HTTP server, so that an application in any language can be a worker. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { type Logger, OptionError } from '@resumelb/common'
import { type Dispatcher, Pool } from 'undici'
import type { RequestListener } from '../handler.ts'

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

/**
 * A listener that passes every request on to the HTTP server at `url` and its response back. Nothing
 * is tried twice: that is the load balancer's decision. Throws an {@link OptionError}.
 */
export function createUpstream(url: string, log: Logger): RequestListener {
  const pool = new Pool(originOf(url), {
    // As many as the worker lets run at once; it does the queueing.
    connections: null,
    pipelining: 1,
    connectTimeout,
    // How long a response may take is the load balancer's decision.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  return (request, response) => forward(pool, request, response, log)
}

function originOf(text: string): URL {
  if (URL.canParse(text)) {
    const url = new URL(text)
    const isOrigin = url.pathname === '/' && url.search === '' && url.hash === ''
    if (/^https?:$/.test(url.protocol) && isOrigin) return url
  }
  throw new OptionError('upstream', 'an origin such as http://127.0.0.1:9000', text)
}

function forward(
  pool: Pool,
  request: IncomingMessage,
  response: ServerResponse,
  log: Logger,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const method = request.method ?? 'GET'
    const { headers } = request
    const hasBody =
      headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
    const options: Dispatcher.DispatchOptions = {
      path: request.url ?? '/',
      method: method as Dispatcher.HttpMethod,
      headers: endToEnd(request.rawHeaders),
      body: hasBody ? request : null,
    }
    const onFailure = (error: Error) =>
      log.error({ err: error, method, url: request.url }, `no response: ${reasonOf(error)}`)
    pool.dispatch(options, new Forwarder(response, { resolve, reject, onFailure }))
  })
}

/** Who is told how forwarding ends. */
interface Outcome {
  /** The response is complete, or was answered in the server's place. */
  readonly resolve: () => void
  /** The response broke off. */
  readonly reject: (error: Error) => void
  /** The server gave no response. */
  readonly onFailure: (error: Error) => void
}

/** Passes what the server says on to the response, no faster than that takes it. */
class Forwarder implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse
  readonly #outcome: Outcome

  constructor(response: ServerResponse, outcome: Outcome) {
    this.#response = response
    this.#outcome = outcome
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
    if (statusCode < 200) return inform(this.#response, statusCode, fields)
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
    this.#outcome.resolve()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const response = this.#response
    if (response.destroyed) return this.#outcome.resolve()
    if (response.headersSent) return this.#outcome.reject(error)
    this.#outcome.onFailure(error)
    // What a stranger asks for must not look like a failure of the server.
    const isOurs = (error as { code?: string }).code === 'UND_ERR_INVALID_ARG'
    response.writeHead(isOurs ? 501 : 502, { 'Content-Type': 'text/plain; charset=utf-8' })
    // Addresses and reasons are for the log, not for strangers.
    response.end(isOurs ? 'Such a request cannot be passed on.\n' : 'Bad Gateway\n')
    this.#outcome.resolve()
  }
}

/** Sends an interim response, by the way that Node's own classes take. */
function inform(response: ServerResponse, status: number, fields: readonly string[]): void {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`
  const raw = response as unknown as { _writeRaw(text: string, encoding: string): void }
  raw._writeRaw(`${text}\r\n`, 'latin1')
}

/** A name with several addresses fails with one error for each, and no message of its own. */
function reasonOf(error: Error): string {
  if (!(error instanceof AggregateError)) return error.message
  return error.errors.map((each: Error) => each.message).join(', ')
}

function endToEnd(rawHeaders: readonly string[]): string[] {
  const fields: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (!hopFields.has(name.toLowerCase())) fields.push(name, rawHeaders[i + 1] as string)
  }
  return fields
}

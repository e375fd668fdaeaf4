/**
 * Forwards requests to another HTTP server, so that an application in any language can be a worker.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Clock, type Logger, systemClock } from '@resumelb/common'
import {
  ConnectionPool,
  defaultConnectTimeout,
  dialOrigin,
  type Origin,
  originOf,
  Readiness,
  reasonOf,
  requestHead,
  type UpstreamServer,
} from '@resumelb/upstream'
import { RequestRefusedError } from '../errors.ts'
import type { RequestListener, UpgradeListener } from '../http/listeners.ts'
import type { HandlerRequest } from '../http/request-facts.ts'
import { respondShortly } from '../upgrade/short-response.ts'
import { Relay } from './relay.ts'

/** The environment of an upstream. */
export interface UpstreamContext {
  readonly log: Logger
  readonly clock?: Clock
  /** What messages call the URL. */
  readonly option?: string
}

export class Upstream {
  readonly #server: UpstreamServer & { readonly readiness: Readiness }
  readonly #origin: Origin
  readonly #log: Logger

  /** Throws an {@link OptionError} if `url` is not an origin. */
  constructor(url: string, { log, clock = systemClock, option }: UpstreamContext) {
    this.#origin = originOf(url, option)
    const pool = new ConnectionPool(this.#origin, clock)
    const probe = async () => pool.release(await pool.connect())
    const readiness = new Readiness({ upstream: url, log, clock, probe })
    this.#server = { pool, readiness, clock }
    this.#log = log
  }

  /**
   * Forwards a request, and its response back. If there is no connection to the server, the request
   * is refused, so that another worker may get it. No request that the server may have begun is
   * sent again, except an idempotent one whose connection turned out to be closed.
   */
  readonly handle: RequestListener = (request, response) => {
    const head = requestHead(request, undefined, isWarmUp(request))
    if (head === undefined) return answerBadRequest(response)
    return new Relay(this.#server, this.#log, request, response, head).run()
  }

  /** The same for a request for an upgrade, whose connection the server has for itself. */
  readonly upgrade: UpgradeListener = async (request, socket) => {
    const head = requestHead(request, request.headers.upgrade)
    if (head === undefined) return respondShortly(socket, '400 Bad Request')
    const { readiness, clock } = this.#server
    const server = await dialOrigin(this.#origin, clock, defaultConnectTimeout).catch(
      (cause: unknown) => {
        readiness.failed(cause)
        throw new RequestRefusedError(`no connection to upstream: ${reasonOf(cause)}`, { cause })
      },
    )
    readiness.succeeded()
    join(socket, server)
    server.write(head.text, 'latin1')
  }

  /** What a worker serves. */
  get application(): { handler: RequestListener; upgrade: UpgradeListener } {
    return { handler: this.handle, upgrade: this.upgrade }
  }

  /** Reports from now on whether the server accepts connections. */
  watch(listener: (isReady: boolean) => void): void {
    this.#server.readiness.start(listener)
  }

  /** Stops watching, and closes idle connections. */
  close(): void {
    this.#server.readiness.stop()
    this.#server.pool.close()
  }
}

/** Also where the handler serves requests of another server than a worker. */
function isWarmUp(request: IncomingMessage & Partial<HandlerRequest>): boolean {
  return request.resumelb?.isWarmUp === true
}

function answerBadRequest(response: ServerResponse): void {
  response.writeHead(400, { 'Content-Type': 'text/plain; charset=utf-8' })
  response.end('Bad Request\n')
}

/**
 * Passes all bytes on, in both directions; the socket of the client understands the response
 * itself.
 */
function join(client: Duplex, server: Socket): void {
  let hasAnswered = false
  server.once('data', () => {
    hasAnswered = true
  })
  server.pipe(client, { end: false })
  client.pipe(server)
  server.on('end', () => {
    if (hasAnswered) client.end()
  })
  server.on('error', () => undefined)
  server.on('close', () => {
    if (!hasAnswered) respondShortly(client, '502 Bad Gateway')
    else if (!server.readableEnded) client.destroy()
  })
  client.on('close', () => server.destroy())
}

/**
 * Forwards requests to another HTTP server, so that an application in any language can be a worker.
 */
import type { ServerResponse } from 'node:http'
import { type Clock, type Logger, systemClock } from '@resumelb/common'
import {
  ConnectionPool,
  originOf,
  Readiness,
  requestHead,
  type UpstreamServer,
} from '@resumelb/upstream'
import type { RequestListener } from '../handler.ts'
import { Relay } from './relay.ts'

/** Replacements for the environment of an upstream, for tests. */
export interface UpstreamContext {
  readonly log: Logger
  readonly clock?: Clock
}

export class Upstream {
  readonly #server: UpstreamServer & { readonly readiness: Readiness }
  readonly #log: Logger

  /** Throws an {@link OptionError} if `url` is not an origin. */
  constructor(url: string, { log, clock = systemClock }: UpstreamContext) {
    const pool = new ConnectionPool(originOf(url), clock)
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
    const head = requestHead(request)
    if (head === undefined) return answerBadRequest(response)
    return new Relay(this.#server, this.#log, request, response, head).run()
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

function answerBadRequest(response: ServerResponse): void {
  response.writeHead(400, { 'Content-Type': 'text/plain; charset=utf-8' })
  response.end('Bad Request\n')
}

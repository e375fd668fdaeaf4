/**
 * An HTTP server that tells operators and programs about a load balancer, and lets them change it.
 */
import { createServer, type Server } from 'node:http'
import { isIP } from 'node:net'
import {
  type Address,
  addressOfServer,
  type Clock,
  formatAddress,
  isUnixAddress,
  type Listen,
  type ListenAddress,
  type Logger,
  listenAt,
  OptionError,
  parseListenAddress,
  systemClock,
} from '@resumelb/common'
import { defaultLogger } from '@resumelb/common/pino'
import type { AdminSource } from './admin-source.ts'
import { type ChangeHooks, Changes } from './changes.ts'
import { EventStream } from './event-stream.ts'
import { Metrics } from './metrics.ts'
import { Router } from './router.ts'
import { StatusReader } from './status-reader.ts'
import { checkToken } from './token.ts'

/** Connections at once; more are closed. */
const maxConnections = 200

/** Bytes of the head of a request. */
const maxHeaderSize = 16 * 1024

/** Milliseconds that a client has to send its request. */
const requestTimeout = 10_000

/** Only the owner and the group may connect, unless the address says otherwise. */
const socketMode = 0o660

export interface AdminOptions extends ChangeHooks {
  /** HOST:PORT, `unix:/path` or `unix:/path?mode=600`. */
  readonly address: string
  /**
   * What clients must send to change anything; required if others than this machine can connect.
   */
  readonly token?: string
  /** Names, besides IP addresses and localhost, that browsers may know the server by. */
  readonly hosts?: readonly string[]
  /** Classes with metrics of their own, those with the most requests; 0 by default. */
  readonly metricsClasses?: number
  readonly log?: Logger
  /** How it listens, for sockets that another process has made. */
  readonly listen?: Listen
  /** That of the load balancer. */
  readonly clock?: Clock
}

export class AdminServer {
  readonly #place: ListenAddress
  readonly #listen: Listen
  readonly #reader: StatusReader
  readonly #stream: EventStream
  readonly #server: Server

  /**
   * Begins to count what happens, and listens from {@link start} on. Throws an OptionError for an
   * address that is none, and for one that others can reach without a token.
   */
  constructor(source: AdminSource, options: AdminOptions) {
    const { clock = systemClock, log = defaultLogger(), metricsClasses = 0, token } = options
    this.#place = parseListenAddress(options.address, '--admin', ['mode'])
    this.#listen = options.listen ?? listenAt
    const { address } = this.#place
    if (token !== undefined) checkToken(token, '--admin-token-file')
    else if (!isLocal(address)) throw needsToken(options.address)
    this.#reader = new StatusReader(source, clock)
    this.#stream = new EventStream(this.#reader, clock)
    const router = new Router({
      source,
      reader: this.#reader,
      stream: this.#stream,
      metrics: new Metrics({ source, reader: this.#reader, clock, classes: metricsClasses }),
      changes: new Changes(source, this.#reader.incidents, log, options),
      access: {
        token,
        isUnixSocket: isUnixAddress(address),
        isLocal: isLocal(address),
        hosts: new Set((options.hosts ?? []).map((host) => host.toLowerCase())),
      },
    })
    this.#server = createServer({ maxHeaderSize, requestTimeout, headersTimeout: requestTimeout })
    this.#server.maxConnections = maxConnections
    this.#server.on('request', (request, response) => {
      router.handle(request, response).catch((error: Error) => {
        log.error({ error: error.stack, url: request.url }, 'the admin server failed')
        response.destroy()
      })
    })
  }

  /** Where it listens, with the port that it really got. */
  get address(): string {
    return formatAddress(addressOfServer(this.#server))
  }

  /** Listens. Rejects if it cannot. */
  start(): Promise<void> {
    const { address, mode = socketMode } = this.#place
    return this.#listen(this.#server, address, { mode, option: '--admin' })
  }

  /** Ends all connections, and counts no longer. */
  async stop(): Promise<void> {
    this.#stream.stop()
    this.#reader.stop()
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }
}

function needsToken(address: string): OptionError {
  return new OptionError('--admin', 'an address of this machine only, without a token', address, {
    reason: 'see --admin-token-file',
  })
}

/** Whether only processes of this machine can connect. */
function isLocal(address: Address): boolean {
  if (isUnixAddress(address)) return true
  const { host } = address
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

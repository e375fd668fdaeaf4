/** The HTTP server of an {@link AdminBackend}: who may ask what, where, and how often. */
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
} from '@resumelb/common'
import type { AdminBackend } from './backend.ts'
import { EventStream } from './event-stream.ts'
import { Router } from './router.ts'
import { checkToken } from './token.ts'

/** Connections at once; more are closed. */
const maxConnections = 200

/** Bytes of the head of a request. */
const maxHeaderSize = 16 * 1024

/** Milliseconds that a client has to send its request. */
const requestTimeout = 10_000

/** Only the owner and the group may connect, unless the address says otherwise. */
const socketMode = 0o660

export interface AdminHttpOptions {
  /** HOST:PORT, `unix:/path` or `unix:/path?mode=600`. */
  readonly address: string
  /**
   * What clients must send to change anything; required if others than this machine can connect.
   */
  readonly token?: string
  /** Names, besides IP addresses and localhost, that browsers may know the server by. */
  readonly hosts?: readonly string[]
  /** How it listens, for sockets that another process has made. */
  readonly listen?: Listen
}

export interface AdminHttpContext {
  /** Made once the options are known to be good, as it may begin to count. */
  readonly backend: () => AdminBackend
  readonly clock: Clock
  readonly log: Logger
}

export class AdminHttp {
  readonly #place: ListenAddress
  readonly #listen: Listen
  readonly #backend: AdminBackend
  readonly #stream: EventStream
  readonly #server: Server

  /**
   * Throws an OptionError for an address that is none, and for one that others can reach without a
   * token.
   */
  constructor({ backend, clock, log }: AdminHttpContext, options: AdminHttpOptions) {
    const { token } = options
    this.#place = parseListenAddress(options.address, '--admin', ['mode'])
    this.#listen = options.listen ?? listenAt
    const { address } = this.#place
    if (token !== undefined) checkToken(token, '--admin-token-file')
    else if (!isLocal(address)) throw needsToken(options.address)
    this.#backend = backend()
    this.#stream = new EventStream(this.#backend.live, clock)
    const router = new Router({
      backend: this.#backend,
      stream: this.#stream,
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
    this.#backend.stop()
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

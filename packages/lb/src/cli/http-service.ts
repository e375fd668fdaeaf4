/** The server of a command: listens for clients, and drains. */
import { createServer, type Server } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type Address, awaitedClock, formatAddress, parseAddress, within } from '@resumelb/common'
import type { Service } from '@resumelb/common/cli'
import type pino from 'pino'
import type { Certificates } from '../listener/tls/certificates.ts'
import { createTlsServer } from '../listener/tls/server.ts'
import type { LoadBalancer } from '../load-balancer.ts'
import { connectionLimit, openFilesLimit } from './connection-limit.ts'
import type { SharedValues } from './syntax.ts'

/** Maximum milliseconds to wait for the access log lines of aborted requests. */
const settleTime = 1_000

/** Milliseconds for which dropped connections are counted in one line. */
const dropInterval = 1_000

const ownHosts: ReadonlySet<string> = new Set(['', 'localhost', '127.0.0.1', '::1'])

export interface HttpServiceOptions {
  /** The name of the command. */
  readonly name: string
  readonly values: SharedValues
  /** For clients that speak TLS; without, they do not. */
  readonly certificates: Certificates | undefined
  readonly balancer: LoadBalancer
  readonly log: pino.Logger
}

export class HttpService implements Service {
  readonly #name: string
  readonly #values: SharedValues
  readonly #balancer: LoadBalancer
  readonly #log: pino.Logger
  readonly #server: Server | TlsServer
  #cutOff: number | undefined

  constructor({ name, values, certificates, balancer, log }: HttpServiceOptions) {
    this.#name = name
    this.#values = values
    this.#balancer = balancer
    this.#log = log
    const { maxHeaderSize, keepAliveTimeout, headersTimeout, http2 } = values
    const limits = { maxHeaderSize, keepAliveTimeout, headersTimeout }
    // An upload may take as long as it takes: that it goes on is watched by --client-timeout.
    if (certificates === undefined) this.#server = createServer({ ...limits, requestTimeout: 0 })
    else this.#server = createTlsServer(certificates, { ...limits, http2 })
    balancer.attach(this.#server)
    this.#limitConnections()
  }

  /** Where it listens, with the port that it really got. */
  get address(): Address {
    const { address: host, port } = this.#server.address() as AddressInfo
    return { host, port }
  }

  /**
   * The number of requests that were aborted at --drain-timeout; `undefined` if all have finished.
   */
  get cutOff(): number | undefined {
    return this.#cutOff
  }

  /** Listens. */
  async start(): Promise<void> {
    const server = this.#server
    const { host, port } = parseAddress(this.#values.address)
    const { backlog } = this.#values
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ port, backlog, ...(host !== '' && { host }) }, () => {
        server.off('error', reject)
        resolve()
      })
    })
    // For want of file descriptors, for instance: those connected already are served on.
    server.on('error', ({ message: error }) =>
      this.#log.error({ error }, 'cannot accept connections'),
    )
    this.#announce()
    this.#warnOfItself()
  }

  /**
   * Accepts no more connections, and waits until the open ones have finished, or for
   * --drain-timeout.
   */
  async stop(): Promise<void> {
    const balancer = this.#balancer
    balancer.drain()
    const finished = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    if (await within(this.#values.drainTimeout, finished, awaitedClock)) return balancer.close()
    this.#cutOff = [...balancer.requests].length
    this.#log.error({ requests: this.#cutOff }, 'not all requests finished in time')
    balancer.destroy()
    this.#server.closeAllConnections()
    // The sockets' last events, for the access log.
    await within(settleTime, balancer.close(), awaitedClock)
  }

  /** Whatever the level of the log: with port 0, nobody could know the address otherwise. */
  #announce(): void {
    const address = formatAddress(this.address)
    if (this.#log.isLevelEnabled('info')) {
      this.#log.info({ address, pid: process.pid }, 'listening')
    } else process.stderr.write(`${this.#name}: listening on ${address}\n`)
  }

  /** A port of this machine is taken for the port of a worker, now and then. */
  #warnOfItself(): void {
    const own = this.address.port
    for (const { address: worker } of this.#balancer.workers) {
      const { host, port } = parseAddress(worker)
      if (port !== own || !ownHosts.has(host)) continue
      const text = 'worker address is the address of the load balancer itself'
      this.#log.error({ worker }, text)
    }
  }

  /** Has the log say how many connections are too many, and how many of those come. */
  #limitConnections(): void {
    const log = this.#log
    const openFiles = openFilesLimit()
    const safe = connectionLimit(openFiles)
    const maxConnections = this.#values.maxConnections ?? safe
    if (maxConnections === undefined) return
    if (safe !== undefined && maxConnections > safe) {
      const facts = { maxConnections, openFiles }
      log.warn(facts, 'open file limit too low for --max-connections')
    }
    this.#server.maxConnections = maxConnections
    let dropped = 0
    this.#server.on('drop', () => {
      dropped++
      if (dropped > 1) return
      // At once in few lines, however many come.
      setTimeout(() => {
        log.warn({ dropped, maxConnections }, 'connections dropped: --max-connections was reached')
        dropped = 0
      }, dropInterval)
    })
  }
}

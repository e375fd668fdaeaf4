/** The servers of a command: listen for clients, and drain. */
import {
  awaitedClock,
  isUnixAddress,
  parseAddress,
  systemClock,
  type TcpAddress,
  within,
} from '@resumelb/common'
import type { Service } from '@resumelb/common/cli'
import type pino from 'pino'
import type { Certificates } from '../listener/tls/certificates.ts'
import type { LoadBalancer } from '../load-balancer.ts'
import { httpOriginOf } from '../workers/address.ts'
import { parseClientAddress } from './client-address.ts'
import { ClientServer } from './client-server.ts'
import { ConnectionCap, connectionLimit, openFilesLimit } from './connection-limit.ts'
import type { ListeningSockets } from './restart/listening-sockets.ts'
import type { SharedValues } from './syntax.ts'

/** Maximum milliseconds to wait for the access log lines of aborted requests. */
const settleTime = 1_000

/** Milliseconds that WebSockets have to close after --upgrade-drain-timeout. */
const closeTime = 3_000

/**
 * Milliseconds that idle connections stay open for a request that is on its way: after a hand-over,
 * and before the next process gets a socket of the service manager, where new clients wait.
 */
const idleGraces = { handedOver: 5_000, passed: 1_000 } as const

export interface HttpServiceOptions {
  /** The name of the command. */
  readonly name: string
  readonly values: SharedValues
  /** For clients that speak TLS; without, they do not. */
  readonly certificates: Certificates | undefined
  readonly balancer: LoadBalancer
  readonly sockets: ListeningSockets
  /** Called when it accepts no more connections, and still finishes requests. */
  readonly onClosing?: () => void
  readonly log: pino.Logger
}

export class HttpService implements Service {
  readonly #name: string
  readonly #values: SharedValues
  readonly #balancer: LoadBalancer
  readonly #log: pino.Logger
  readonly #sockets: ListeningSockets
  readonly #onClosing: () => void
  readonly #servers: readonly ClientServer[]
  #isHandedOver = false
  #cutOff: number | undefined

  constructor(options: HttpServiceOptions) {
    const { name, values, certificates, balancer, sockets, log } = options
    this.#onClosing = options.onClosing ?? (() => undefined)
    this.#name = name
    this.#values = values
    this.#balancer = balancer
    this.#log = log
    this.#sockets = sockets
    this.#servers = values.address.flatMap((text) => {
      const address = parseClientAddress(text)
      // A socket unit may have several, which all have its name; so has an address of processes.
      const length = Math.max(1, sockets.count(address.key))
      return Array.from({ length }, () => new ClientServer(address, values, certificates))
    })
    for (const { server, proxyProtocol } of this.#servers) {
      balancer.attach(server, { proxyProtocol })
    }
    this.#limitConnections()
  }

  /**
   * Where others reach it: the first address that is no unix socket, with the port that it has got.
   */
  get address(): TcpAddress | undefined {
    return this.#servers
      .map(({ address }) => address)
      .find((address): address is TcpAddress => !isUnixAddress(address))
  }

  /**
   * The number of requests that were aborted at --drain-timeout; `undefined` if all have finished.
   */
  get cutOff(): number | undefined {
    return this.#cutOff
  }

  /** Whether it accepts connections at all of its addresses. */
  get isListening(): boolean {
    return this.#servers.every(({ server }) => server.listening)
  }

  /** The milliseconds that {@link stop} takes at most. */
  get maxStopTime(): number {
    const { drainDelay, drainTimeout, upgradeDrainTimeout } = this.#values
    const closing = Math.max(drainTimeout + settleTime, upgradeDrainTimeout + closeTime)
    return drainDelay + closing + settleTime
  }

  /**
   * Listens at all addresses. If it cannot listen at one of them, it listens at none, and rejects.
   */
  async start(): Promise<void> {
    try {
      for (const server of this.#servers) await server.listen(this.#sockets)
    } catch (error) {
      await Promise.all(this.#servers.map((server) => server.close()))
      throw error
    }
    for (const { server } of this.#servers) {
      // For want of file descriptors, for instance: open connections continue.
      server.on('error', ({ message: reason }) => {
        const cause = 'ACCEPT_FAILED'
        this.#balancer.events.emit('connectionRefused', { cause, reason, remoteAddress: '' })
      })
    }
    for (const server of this.#servers) this.#announce(server)
    this.#warnOfItself()
  }

  /** Another process serves new clients from now on: call {@link stop}. */
  handOver(): void {
    this.#isHandedOver = true
  }

  /**
   * Serves for another --drain-delay, unless another process does. Then it accepts no more
   * connections, and waits until the open ones have finished: requests for --drain-timeout,
   * upgraded connections for --upgrade-drain-timeout.
   */
  async stop(): Promise<void> {
    const balancer = this.#balancer
    balancer.announceDrain()
    if (!this.#isHandedOver) await this.#delay()
    const grace = this.#idleGrace
    balancer.drain({ keepsIdle: grace > 0 })
    if (grace > 0) systemClock.after(grace, () => balancer.drain())
    const finished = Promise.all(this.#servers.map((server) => server.close()))
    this.#onClosing()
    const { drainTimeout, upgradeDrainTimeout } = this.#values
    if (await within(drainTimeout, finished, awaitedClock)) return balancer.close()
    const cutOff = balancer.cutOff()
    if (cutOff > 0) {
      this.#cutOff = cutOff
      this.#log.error({ requests: cutOff }, 'not all requests finished in time')
    }
    const timeLeft = Math.max(settleTime, upgradeDrainTimeout + closeTime - drainTimeout)
    if (await within(timeLeft, finished, awaitedClock)) return balancer.close()
    balancer.destroy()
    for (const { server } of this.#servers) server.closeAllConnections()
    // The sockets' last events, for the access log.
    await within(settleTime, balancer.close(), awaitedClock)
  }

  /** 0: idle connections are closed at once, as nothing serves their clients' next requests. */
  get #idleGrace(): number {
    if (this.#isHandedOver) return idleGraces.handedOver
    return this.#servers.some(({ isPassed }) => isPassed) ? idleGraces.passed : 0
  }

  async #delay(): Promise<void> {
    const { drainDelay } = this.#values
    if (drainDelay === 0 || !this.#servers.some(({ server }) => server.listening)) return
    const facts = { drainDelaySeconds: drainDelay / 1000 }
    this.#log.info(facts, 'not ready any more: draining soon')
    await new Promise<void>((resolve) => awaitedClock.after(drainDelay, resolve))
  }

  /** Whatever the level of the log: otherwise the chosen port would not be known with port 0. */
  #announce({ facts }: ClientServer): void {
    if (this.#log.isLevelEnabled('info')) {
      this.#log.info({ ...facts, pid: process.pid }, 'listening')
    } else process.stderr.write(`${this.#name}: listening on ${facts['address']}\n`)
  }

  /** An address of the load balancer is mistaken for that of a worker now and then. */
  #warnOfItself(): void {
    for (const { address: worker } of this.#balancer.workers) {
      const at = httpOriginOf(worker) ?? parseAddress(worker)
      if (!this.#servers.some((server) => server.isAt(at))) continue
      const text = 'worker address is the address of the load balancer itself'
      this.#log.error({ worker }, text)
    }
  }

  /** Limits the connections of all servers together. */
  #limitConnections(): void {
    const log = this.#log
    const openFiles = openFilesLimit()
    const { maxConnections: wanted } = this.#values
    const maxConnections = connectionLimit(openFiles, wanted)
    if (maxConnections === undefined) return
    if (wanted !== undefined && maxConnections < wanted) {
      const facts = { wanted, maxConnections, openFiles }
      log.warn(facts, 'open file limit too low for --max-connections: lowered')
    }
    const servers = this.#servers.map(({ server }) => server)
    new ConnectionCap(servers, maxConnections)
  }
}

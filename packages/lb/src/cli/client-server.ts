/** One server of a command: listens for clients at one address. */
import { createServer, type Server } from 'node:http'
import { Server as TlsServer } from 'node:https'
import {
  type Address,
  addressOfServer,
  formatAddress,
  isUnixAddress,
  OptionError,
} from '@resumelb/common'
import type { Certificates } from '../listener/tls/certificates.ts'
import { createTlsServer } from '../listener/tls/server.ts'
import type { ClientAddress } from './client-address.ts'
import { clientOption, type ListeningSockets } from './restart/listening-sockets.ts'
import type { SharedValues } from './syntax.ts'

export class ClientServer {
  readonly server: Server | TlsServer
  /** Whether connections begin with a PROXY protocol header. */
  readonly proxyProtocol: boolean
  readonly #listen: ClientAddress
  readonly #backlog: number

  /** Clients speak TLS if the address says so, or if it says nothing and there are certificates. */
  constructor(listen: ClientAddress, values: SharedValues, certificates: Certificates | undefined) {
    if (listen.tls === true && certificates === undefined) {
      const shown = listen.key
      throw new OptionError(clientOption, 'an address without TLS, or used with --tls-cert', shown)
    }
    this.#listen = listen
    this.#backlog = values.backlog
    this.proxyProtocol = listen.proxyProtocol ?? values.proxyProtocol
    const { maxHeaderSize, keepAliveTimeout, headersTimeout, http2 } = values
    const limits = { maxHeaderSize, keepAliveTimeout, headersTimeout }
    const isSecure = certificates !== undefined && listen.tls !== false
    this.server = isSecure
      ? createTlsServer(certificates, { ...limits, http2 })
      : // The duration of an upload is not limited; --client-timeout watches its progress.
        createServer({ ...limits, requestTimeout: 0 })
  }

  /** Whether a service manager has opened its socket, which stays open when it is closed here. */
  get isPassed(): boolean {
    return this.#listen.isPassed
  }

  /** Where it listens, with the port that it has got. */
  get address(): Address {
    return addressOfServer(this.server)
  }

  /** What the log says of it besides the address. */
  get facts(): Readonly<Record<string, unknown>> {
    const { proxyProtocol } = this
    const tls = this.server instanceof TlsServer
    const address = formatAddress(this.address)
    return { address, ...(tls && { tls }), ...(proxyProtocol && { proxyProtocol }) }
  }

  /** Listens. Rejects with a reason that names the address. */
  async listen(sockets: ListeningSockets): Promise<void> {
    const { address, mode, key, isPassed } = this.#listen
    const backlog = this.#backlog
    if (isPassed) await sockets.listenAtPassed(this.server, key)
    else await sockets.listen(this.server, address, { mode, backlog, option: clientOption })
  }

  /** Whether a worker's address is this server's own. */
  isAt(worker: Address): boolean {
    const own = this.address
    if (isUnixAddress(own)) return isUnixAddress(worker) && worker.path === own.path
    return !isUnixAddress(worker) && worker.port === own.port && ownHosts.has(worker.host)
  }

  /** Accepts no more connections, and resolves when all are closed. */
  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()))
  }
}

const ownHosts: ReadonlySet<string> = new Set(['', 'localhost', '127.0.0.1', '::1'])

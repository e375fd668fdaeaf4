/** One server of a command: listens for clients at one address. */
import { createServer, type Server } from 'node:http'
import {
  type Address,
  addressOfServer,
  formatAddress,
  isUnixAddress,
  type ListenAddress,
  listenAt,
  OptionError,
} from '@resumelb/common'
import type { SharedValues } from './syntax.ts'

export class ClientServer {
  readonly server: Server
  readonly #listen: ListenAddress
  readonly #backlog: number

  constructor(listen: ListenAddress, values: SharedValues) {
    if (listen.tls === true) {
      const shown = formatAddress(listen.address)
      throw new OptionError('--address', 'an address without TLS', shown)
    }
    this.#listen = listen
    this.#backlog = values.backlog
    this.server = createServer({
      maxHeaderSize: values.maxHeaderSize,
      keepAliveTimeout: values.keepAliveTimeout,
      headersTimeout: values.headersTimeout,
      // The duration of an upload is not limited; --client-timeout watches its progress.
      requestTimeout: 0,
    })
  }

  /** Where it listens, with the port that it has got. */
  get address(): Address {
    return addressOfServer(this.server)
  }

  /** What the log says of it besides the address. */
  get facts(): Readonly<Record<string, unknown>> {
    return { address: formatAddress(this.address) }
  }

  /** Listens. Rejects with a reason that names the address. */
  async listen(): Promise<void> {
    const { address, mode } = this.#listen
    const backlog = this.#backlog
    await listenAt(this.server, address, { mode, backlog, option: '--address' })
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

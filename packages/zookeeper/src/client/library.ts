/**
 * node-zookeeper-client 1.1.3 as we use it, private parts included: the version is pinned for them.
 * Nothing else in this package imports the library.
 */
import type { Socket } from 'node:net'
import {
  ACL,
  type Client,
  CreateMode,
  createClient,
  Exception,
  Id,
  type Stat,
} from 'node-zookeeper-client'
import type { Server } from '../connection-string.ts'

/** The library's `connectionManager.state`. */
export const clientStates = {
  disconnected: 0,
  connecting: 1,
  connected: 2,
  closing: -1,
  closed: -2,
  expired: -3,
  authenticationFailed: -4,
} as const

/** Types of requests, as on the wire, that the library queues by itself. */
export const authRequest = 100
export const setWatchesRequest = 101

export interface Packet {
  readonly request: { readonly header: { readonly type: number } | null }
  readonly callback?: (error: Exception) => void
}

/** The library's connection manager, as far as we reach into it. */
export interface ConnectionManager {
  state: number
  xid: number
  servers: Server[]
  socket?: Socket
  pendingBuffer: Buffer | null
  readonly pendingQueue: Packet[]
  readonly packetQueue: { queue: Packet[] }
  connectTimeoutHandler: NodeJS.Timeout | null
  updateTimeout(sessionTimeout: number): void
  connect(): void
  findNextServer(callback: (server: Server) => void): void
  onSocketConnected(): void
  onSocketData(data: Buffer): void
  onSocketError(error: Error): void
  prependListener(event: 'state', listener: (state: number) => void): unknown
  removeAllListeners(event: 'state'): unknown
}

export interface LibraryClient extends Client {
  readonly connectionManager: ConnectionManager
}

export interface LibraryOptions {
  readonly sessionTimeout: number
  /** Most milliseconds of the random pause after all servers have been tried. */
  readonly spinDelay: number
  /** Both to go on with a session, neither for a new one. Undocumented, but read by 1.1.3. */
  readonly sessionId?: Buffer
  readonly sessionPassword?: Buffer
}

export function createLibraryClient(
  connectionString: string,
  options: LibraryOptions,
): LibraryClient {
  return createClient(connectionString, options) as LibraryClient
}

/** `Exception.create`, which its types leave out. */
interface ExceptionFactory {
  create(code: number, path?: string): Exception
}
const factory = Exception as unknown as ExceptionFactory

/** Codes below this are no answers of a server but garbage. */
const lowestCode = -200

const createListed = factory.create

/**
 * The library knows the error codes of ZooKeeper 3.4 and throws on others inside its socket
 * handler, which ends the process: quota exceeded (-125), throttled (-127), session moved (-118).
 * From here on they are ordinary errors. The library itself calls this property.
 */
factory.create = (code, path) => {
  try {
    return createListed(code, path)
  } catch (error) {
    if (!(code < 0 && code > lowestCode)) throw error
    const exception = createListed(Exception.SYSTEM_ERROR, path)
    return Object.assign(exception, {
      code,
      name: 'SERVER_ERROR',
      message: `Exception: SERVER_ERROR[${code}]`,
    })
  }
}

export function connectionLoss(): Exception {
  return factory.create(Exception.CONNECTION_LOSS)
}

export { ACL, CreateMode, Exception, Id, type Stat }

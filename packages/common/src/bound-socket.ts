/**
 * Sockets that a process binds for others: it never listens at them itself, so that all connections
 * are for the processes that do.
 */
import { lookup } from 'node:dns/promises'
import { EventEmitter } from 'node:events'
import net, { isIP } from 'node:net'
import { getSystemErrorMap } from 'node:util'
import { type Address, formatAddress, isUnixAddress, type TcpAddress } from './address.ts'
import { type ListenOptions, makeWay, refusal, socketPathOf, withUmask } from './listen.ts'
import { moveSocket, ownPath, placeToMake } from './socket-path.ts'

/** As the sockets of Node.js have it. */
interface Handle {
  readonly fd: number
  /** Fills in where the socket is bound; returns an error of libuv, or 0. */
  getsockname?(out: { address?: string; port?: number }): number
  close(): void
}

/** What `node:net` binds with, as `node:cluster` does; the types of Node.js do not know it. */
type CreateHandle = (
  address: string | null,
  port: number,
  type: 4 | 6 | -1,
  fd?: number,
  flags?: number,
) => Handle | number

const { _createServerHandle: createHandle } = net as unknown as {
  readonly _createServerHandle: CreateHandle
}

/** UV_TCP_REUSEPORT of libuv. */
const reusePortFlag = 2

/** Emits `close` when it is closed. */
export class BoundSocket extends EventEmitter {
  readonly #handle: Handle
  readonly #path: string | undefined

  constructor(handle: Handle, path: string | undefined) {
    super()
    this.#handle = handle
    this.#path = path
  }

  get descriptor(): number {
    return this.#handle.fd
  }

  /** Where it is bound, with the port that it has got. */
  get address(): Address {
    return this.#path === undefined ? boundAddress(this.#handle) : { path: this.#path }
  }

  /** The connections that no process has accepted are lost, unless another one has the socket. */
  close(): void {
    this.#handle.close()
    this.emit('close')
  }
}

/**
 * Binds `count` sockets to one address, among which the system spreads the connections evenly
 * (SO_REUSEPORT), or a single one where that is not possible: for unix sockets, and before Node.js
 * 22.12. Rejects as `listenAt`.
 */
export async function bindAt(
  address: Address,
  count: number,
  { mode, option }: Pick<ListenOptions, 'mode' | 'option'> = {},
): Promise<readonly BoundSocket[]> {
  try {
    if (!isUnixAddress(address)) return await bindTcp(address, count)
    await makeWay(address, option)
    return [bindPath(address.path, mode)]
  } catch (error) {
    throw refusal(address, option, error as Error)
  }
}

async function bindTcp(address: TcpAddress, count: number): Promise<readonly BoundSocket[]> {
  const { host, port } = await resolved(address)
  // Without SO_REUSEPORT first: with it, a second load balancer could take half of the connections.
  const single = bindPort(host, port, 0)
  if (count === 1 || !canReusePort()) return [single]
  const at = single.address as TcpAddress
  single.close()
  try {
    return bindPorts(host, at.port, count)
  } catch (error) {
    // Systems other than Linux and FreeBSD spread nothing.
    if ((error as NodeJS.ErrnoException).code !== 'ENOTSUP') throw error
    return [bindPort(host, at.port, 0)]
  }
}

/** A socket that this process has got from another one; `path` is that of a unix socket. */
export function passedSocket(descriptor: number, path?: string): BoundSocket {
  const handle = checked(createHandle(null, 0, 4, descriptor), undefined)
  const isTcp = handle.getsockname !== undefined
  return new BoundSocket(handle, isTcp ? undefined : (path ?? socketPathOf(descriptor)))
}

function bindPorts(host: string | null, port: number, count: number): BoundSocket[] {
  const sockets: BoundSocket[] = []
  try {
    while (sockets.length < count) sockets.push(bindPort(host, port, reusePortFlag))
    return sockets
  } catch (error) {
    for (const socket of sockets) socket.close()
    throw error
  }
}

function bindPort(host: string | null, port: number, flags: number): BoundSocket {
  const type = isIP(host ?? '') === 6 ? 6 : 4
  const at = { host: host ?? '', port }
  const handle = checked(createHandle(host, port, type, undefined, flags), at)
  // That the port is taken, libuv says only now.
  const error = handle.getsockname?.({}) ?? 0
  if (error !== 0) handle.close()
  return new BoundSocket(checked(error === 0 ? handle : error, at), undefined)
}

function bindPath(path: string, mode: number | undefined): BoundSocket {
  const made = placeToMake(path)
  const handle = withUmask(mode, () => checked(createHandle(made, -1, -1), { path }))
  try {
    moveSocket(made, path)
  } catch (error) {
    handle.close()
    throw error
  }
  const socket = new BoundSocket(handle, path)
  ownPath(socket, path)
  return socket
}

async function resolved({
  host,
  port,
}: TcpAddress): Promise<{ host: string | null; port: number }> {
  if (host === '') return { host: null, port }
  return { host: isIP(host) === 0 ? (await lookup(host)).address : host, port }
}

function boundAddress(handle: Handle): TcpAddress {
  const found: { address?: string; port?: number } = {}
  handle.getsockname?.(found)
  return { host: found.address ?? '', port: found.port ?? 0 }
}

/** Throws the error of the system that came instead of a handle. */
function checked(handle: Handle | number, address: Address | undefined): Handle {
  if (typeof handle !== 'number') return handle
  const [code = 'UNKNOWN', says = 'unknown error'] = getSystemErrorMap().get(handle) ?? []
  const at = address === undefined ? '' : ` ${formatAddress(address)}`
  throw Object.assign(new Error(`listen ${code}: ${says}${at}`), { code })
}

function canReusePort(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)
}

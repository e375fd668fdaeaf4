/** Makes a server listen at an address: at a TCP port, or at a unix socket. */
import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { lstat, unlink } from 'node:fs/promises'
import { connect, type ListenOptions as NetListenOptions, type Server } from 'node:net'
import { dirname } from 'node:path'
import { type Address, isUnixAddress, type UnixAddress } from './address.ts'
import { OptionError } from './errors.ts'
import { moveSocket, notePath, ownPath, pathOfServer, placeToMake } from './socket-path.ts'

/** Milliseconds in which a process that listens at a socket answers. */
const probeTimeout = 1_000

export interface ListenOptions {
  /** Permissions of the unix socket, such as 0o660; by default the umask decides. */
  readonly mode?: number | undefined
  /** Connections that may wait to be accepted. */
  readonly backlog?: number
  /** What messages call the address, such as `--address`. */
  readonly option?: string | undefined
}

/** What messages call an address without an option. */
const anyOption = 'the address'

/** As {@link listenAt}. */
export type Listen = (server: Server, address: Address, options?: ListenOptions) => Promise<void>

/**
 * Listens. A unix socket that a dead process has left is replaced; the server removes its own when
 * it has closed. Rejects with an {@link OptionError} if another process listens at the socket, if
 * something else is at its path, or if its directory does not exist; with the system's error
 * otherwise, whose message then begins with `option`, if that is given.
 */
export async function listenAt(
  server: Server,
  address: Address,
  { mode, backlog, option }: ListenOptions = {},
): Promise<void> {
  const more = backlog === undefined ? {} : { backlog }
  try {
    if (!isUnixAddress(address)) {
      const place = address.host === '' ? { port: address.port } : address
      return await start(server, { ...place, ...more })
    }
    await makeWay(address, option)
    await startAtPath(server, address, mode, more)
  } catch (error) {
    throw refusal(address, option, error as Error)
  }
}

/**
 * Listens at a socket that this process has got from another one, and leaves it to that to remove a
 * unix socket: see `ownPath`. Its path is `path`, if that is known. Rejects with the system's
 * error.
 */
export async function listenOn(
  server: Server,
  descriptor: number,
  {
    path,
    backlog,
  }: { readonly path?: string | undefined; readonly backlog?: number | undefined } = {},
): Promise<void> {
  await start(server, { fd: descriptor, ...(backlog !== undefined && { backlog }) })
  if (server.address() === null) notePath(server, path ?? socketPathOf(descriptor))
}

/** The descriptor of a server's socket, for another process. `undefined` if it does not listen. */
export function descriptorOf(server: Server): number | undefined {
  // Node.js has no public way, but to send the server itself to a process that may not listen yet.
  const { _handle: handle } = server as Server & { _handle?: { readonly fd?: number } | null }
  const fd = handle?.fd
  return fd !== undefined && fd >= 0 ? fd : undefined
}

/** The types of Node.js do not know `fd`. */
function start(server: Server, options: NetListenOptions & { fd?: number }): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Runs something under the umask that gives unix sockets a mode; nothing else runs meanwhile. */
export function withUmask<Result>(mode: number | undefined, make: () => Result): Result {
  const umask = mode === undefined ? undefined : process.umask(0o777 & ~mode)
  try {
    return make()
  } finally {
    if (umask !== undefined) process.umask(umask)
  }
}

/** The socket is at its place before this returns. */
function startAtPath(
  server: Server,
  { path }: UnixAddress,
  mode: number | undefined,
  more: NetListenOptions,
): Promise<void> {
  const made = placeToMake(path)
  return withUmask(mode, () => {
    const started = start(server, { path: made, ...more })
    if (server.listening) settle(server, made, path)
    return started
  })
}

function settle(server: Server, made: string, path: string): void {
  try {
    moveSocket(made, path)
  } catch (error) {
    server.close()
    throw error
  }
  ownPath(server, path)
}

/** Where a server listens, with the port that it has got. Throws if it does not listen. */
export function addressOfServer(server: Server): Address {
  if (!server.listening) throw new Error('the server is not listening')
  const address = server.address()
  const path = pathOfServer(server)
  if (address === null || typeof address === 'string') return { path: path ?? address ?? '' }
  return { host: address.address, port: address.port }
}

/** The path of a listening unix socket, as Linux tells it; empty elsewhere. */
export function socketPathOf(descriptor: number): string {
  try {
    const inode = /\d+/.exec(readlinkSync(`/proc/self/fd/${descriptor}`))?.[0]
    const lines = readFileSync('/proc/self/net/unix', 'utf8').split('\n')
    const columns = lines
      .map((line) => line.trim().split(/\s+/))
      .find(([, , , , , , id]) => id === inode)
    return columns?.[7] ?? ''
  } catch {
    return ''
  }
}

/** Removes a socket that no process listens at any more. */
export async function makeWay({ path }: UnixAddress, option: string = anyOption): Promise<void> {
  const stat = await lstat(path).catch(() => undefined)
  if (stat === undefined) return
  if (!stat.isSocket()) {
    throw new OptionError(option, 'the path of a socket', path, { reason: 'it is something else' })
  }
  if (await isAlive(path)) throw inUse(path, option)
  // Another process that starts now may have done the same.
  await unlink(path).catch(() => undefined)
}

function inUse(path: string, option: string = anyOption): OptionError {
  return new OptionError(option, 'a socket that no other process listens at', path)
}

/** What to reject with if it is impossible to listen at an address; see {@link listenAt}. */
export function refusal(address: Address, option: string | undefined, error: Error): Error {
  if (error instanceof OptionError) return error
  const { code } = error as NodeJS.ErrnoException
  if (!isUnixAddress(address)) {
    // The system names the address, but there may be several options with one.
    if (option !== undefined) error.message = `${option}: ${error.message}`
    return error
  }
  const { path } = address
  if (code === 'EADDRINUSE' || code === 'EEXIST') return inUse(path, option)
  // libuv reports a directory that does not exist as EACCES.
  const reason = existsSync(dirname(path))
    ? error.message
    : `there is no directory ${dirname(path)}`
  const expectation = 'a path at which a socket can be made'
  return new OptionError(option ?? anyOption, expectation, path, { reason, cause: error })
}

/** Only a refused connection shows that no process listens: any other failure may pass. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const settle = (alive: boolean) => {
      socket.destroy()
      resolve(alive)
    }
    socket.setTimeout(probeTimeout, () => settle(true))
    socket.once('connect', () => settle(true))
    socket.once('error', ({ code }: NodeJS.ErrnoException) => settle(code !== 'ECONNREFUSED'))
  })
}

/** Makes a server listen at an address: at a TCP port, or at a unix socket. */
import { existsSync } from 'node:fs'
import { lstat, unlink } from 'node:fs/promises'
import { connect, type Server } from 'node:net'
import { dirname } from 'node:path'
import { type Address, isUnixAddress, type UnixAddress } from './address.ts'
import { OptionError } from './errors.ts'

/** Milliseconds in which a process that listens at a socket answers. */
const probeTimeout = 1_000

export interface ListenOptions {
  /** Permissions of the unix socket, such as 0o660; by default the umask decides. */
  readonly mode?: number | undefined
  /** Connections that may wait to be accepted. */
  readonly backlog?: number
  /** What messages call the address. */
  readonly option?: string
}

/**
 * Listens. A unix socket that a dead process has left is replaced; the server removes its own when it
 * closes. Rejects with an {@link OptionError} if another process listens at the socket, if something
 * else is at its path, or if its directory does not exist; with the system's error otherwise.
 */
export async function listenAt(
  server: Server,
  address: Address,
  { mode, backlog, option = 'the address' }: ListenOptions = {},
): Promise<void> {
  if (isUnixAddress(address)) await makeWay(address, option)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      startListening(server, address, mode, backlog, () => {
        server.off('error', reject)
        resolve()
      })
    })
  } catch (error) {
    if (!isUnixAddress(address)) throw error
    throw refusal(address, option, error as NodeJS.ErrnoException)
  }
}

/** The socket is made before this returns: nothing else runs under the changed umask. */
function startListening(
  server: Server,
  address: Address,
  mode: number | undefined,
  backlog: number | undefined,
  onListening: () => void,
): void {
  const place = isUnixAddress(address) || address.host !== '' ? address : { port: address.port }
  const umask = mode === undefined ? undefined : process.umask(0o777 & ~mode)
  try {
    server.listen({ ...place, ...(backlog !== undefined && { backlog }) }, onListening)
  } finally {
    if (umask !== undefined) process.umask(umask)
  }
}

/** Where a server listens, with the port that it has got. Throws if it does not listen. */
export function addressOfServer(server: Server): Address {
  const address = server.address()
  if (address === null) throw new Error('the server is not listening')
  if (typeof address === 'string') return { path: address }
  return { host: address.address, port: address.port }
}

/** Removes a socket that no process listens at any more. */
async function makeWay({ path }: UnixAddress, option: string): Promise<void> {
  const stat = await lstat(path).catch(() => undefined)
  if (stat === undefined) return
  if (!stat.isSocket()) {
    throw new OptionError(option, 'the path of a socket', path, { reason: 'it is something else' })
  }
  if (await isAlive(path)) throw inUse(path, option)
  // Another process that starts now may have done the same.
  await unlink(path).catch(() => undefined)
}

function inUse(path: string, option: string): OptionError {
  return new OptionError(option, 'a socket that no other process listens at', path)
}

function refusal(address: UnixAddress, option: string, error: NodeJS.ErrnoException): Error {
  const { path } = address
  if (error.code === 'EADDRINUSE') return inUse(path, option)
  // libuv reports a directory that does not exist as EACCES.
  const reason = existsSync(dirname(path))
    ? error.message
    : `there is no directory ${dirname(path)}`
  const expectation = 'a path at which a socket can be made'
  return new OptionError(option, expectation, path, { reason, cause: error })
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

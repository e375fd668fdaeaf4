/** The address of the upstream server, and how to connect to it. */
import { connect, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { type Clock, isUnixAddress, OptionError, parseAddress } from '@resumelb/common'

/** Default for the maximum milliseconds to connect, including TLS. */
export const defaultConnectTimeout = 5_000

export interface TcpOrigin {
  readonly host: string
  readonly port: number
  readonly isEncrypted: boolean
  /** Name that its certificate must have; by default that of `host`. */
  readonly serverName?: string
}

/** An HTTP server at a unix socket. */
export interface UnixOrigin {
  readonly path: string
}

export type Origin = TcpOrigin | UnixOrigin

/**
 * Parses a URL that is only an origin, or `unix:/PATH`; `option` is for messages. Throws an
 * {@link OptionError} for any other.
 */
export function originOf(text: string, option = 'upstream'): Origin {
  if (text.startsWith('unix:')) {
    const address = parseAddress(text, option)
    if (isUnixAddress(address)) return address
  }
  if (URL.canParse(text)) {
    const url = new URL(text)
    const isPlain = url.pathname === '/' && url.search === '' && url.hash === ''
    if (/^https?:$/.test(url.protocol) && isPlain && url.username === '' && url.password === '') {
      const isEncrypted = url.protocol === 'https:'
      const host = url.hostname.replace(/^\[|\]$/g, '')
      return { host, port: Number(url.port) || (isEncrypted ? 443 : 80), isEncrypted }
    }
  }
  throw new OptionError(
    option,
    'an origin such as http://127.0.0.1:9000, or unix:/run/app.sock',
    text,
  )
}

/**
 * Connects. Rejects with the reason if that fails or takes longer than `timeout` milliseconds;
 * nothing was sent then. A listener for `error` stays on the socket.
 */
export function dialOrigin(origin: Origin, clock: Clock, timeout: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const isEncrypted = 'port' in origin && origin.isEncrypted
    const socket = isEncrypted ? connectTls(tlsOptions(origin)) : connect(origin)
    const fail = (cause: Error) => {
      cancel()
      socket.destroy()
      reject(cause)
    }
    const onClose = () => fail(new Error('closed while connecting'))
    const cancel = clock.after(timeout, () => fail(new Error(`no connection in ${timeout} ms`)))
    socket.on('error', fail)
    socket.once('close', onClose)
    socket.once(isEncrypted ? 'secureConnect' : 'connect', () => {
      cancel()
      socket.off('close', onClose)
      socket.setNoDelay(true)
      resolve(socket)
    })
  })
}

function tlsOptions({ host, port, serverName = host }: TcpOrigin): ConnectionOptions {
  return { host, port, ...(isIP(serverName) === 0 && { servername: serverName }) }
}

/**
 * If a name has several addresses, Node reports one error for each, without a message of its own.
 */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}

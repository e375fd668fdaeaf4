/** The address of the upstream server, and how to connect to it. */
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type Clock, OptionError } from '@resumelb/common'

/** Maximum milliseconds to connect, including TLS. */
const connectTimeout = 5_000

export interface Origin {
  readonly host: string
  readonly port: number
  readonly isEncrypted: boolean
}

/** Parses a URL that is only an origin. Throws an {@link OptionError} for any other. */
export function originOf(text: string): Origin {
  if (URL.canParse(text)) {
    const url = new URL(text)
    const isPlain = url.pathname === '/' && url.search === '' && url.hash === ''
    if (/^https?:$/.test(url.protocol) && isPlain && url.username === '' && url.password === '') {
      const isEncrypted = url.protocol === 'https:'
      const host = url.hostname.replace(/^\[|\]$/g, '')
      return { host, port: Number(url.port) || (isEncrypted ? 443 : 80), isEncrypted }
    }
  }
  throw new OptionError('upstream', 'an origin such as http://127.0.0.1:9000', text)
}

/**
 * Connects. Rejects with the reason if that fails or takes longer than {@link connectTimeout};
 * nothing was sent then. A listener for `error` stays on the socket.
 */
export function dialOrigin(origin: Origin, clock: Clock): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { host, port, isEncrypted } = origin
    const socket = isEncrypted
      ? connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }) })
      : connect({ host, port })
    const fail = (cause: Error) => {
      cancel()
      socket.destroy()
      reject(cause)
    }
    const onClose = () => fail(new Error('closed while connecting'))
    const cancel = clock.after(connectTimeout, () =>
      fail(new Error(`no connection in ${connectTimeout} ms`)),
    )
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

/**
 * If a name has several addresses, Node reports one error for each, without a message of its own.
 */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}

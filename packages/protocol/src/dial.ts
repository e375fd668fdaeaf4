/** Opens the socket of a connection. */
import { connect, isIP, type NetConnectOpts, type Socket } from 'node:net'
import { checkServerIdentity, connect as connectTls } from 'node:tls'
import {
  type Address,
  awakeClockOf,
  type Clock,
  formatAddress,
  isUnixAddress,
  systemClock,
} from '@resumelb/common'
import { ProtocolError } from './errors.ts'
import { explainTls } from './tls/explain.ts'
import type { PeerCertificates } from './tls/peer-certificates.ts'

/** How to connect by TLS. */
export interface DialTls {
  readonly certificates: PeerCertificates
  /** Name that the peer's certificate must have; that of the address by default. */
  readonly name?: string
}

/** A connected socket, plain or TLS. */
export type DialledSocket = Socket

export interface DialOptions {
  /** Without it, the connection is not encrypted. */
  readonly tls?: DialTls | undefined
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

/**
 * Connects within `timeout` milliseconds, the TLS handshake included. Rejects with a
 * {@link ProtocolError}: UNREACHABLE, also when the signal aborts, or TLS_FAILED.
 */
export function dial(
  address: Address,
  timeout: number,
  { tls, signal, clock = systemClock }: DialOptions = {},
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = openSocket(address, tls)
    const fail = (cause: Error) => {
      settle()
      socket.destroy()
      reject(failureOf(cause, formatAddress(address), tls !== undefined))
    }
    const onAbort = () => fail(new Error('aborted'))
    const onClose = () => fail(new Error('closed while connecting'))
    const settle = () => {
      cancelTimeout()
      signal?.removeEventListener('abort', onAbort)
      socket.off('close', onClose)
    }
    const cancelTimeout = awakeClockOf(clock).after(timeout, () =>
      fail(new Error(`no answer in ${timeout} ms`)),
    )
    signal?.addEventListener('abort', onAbort, { once: true })
    // It stays: a socket that breaks before a connection takes it over must not end the process.
    socket.on('error', fail)
    socket.once('close', onClose)
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      settle()
      resolve(socket)
    })
    if (signal?.aborted) onAbort()
  })
}

/** Begins to connect, by TLS if so given. */
export function openSocket(address: Address, tls: DialTls | undefined): Socket {
  return tls === undefined ? connect(placeOf(address)) : connectSecurely(address, tls)
}

function placeOf(address: Address): NetConnectOpts {
  if (isUnixAddress(address)) return address
  return { host: address.host || 'localhost', port: address.port }
}

function connectSecurely(address: Address, { certificates, name }: DialTls): Socket {
  const host = isUnixAddress(address) ? '' : address.host
  const expected = name ?? (host || 'localhost')
  return connectTls({
    ...placeOf(address),
    secureContext: certificates.context,
    // TLS does not name servers by their addresses.
    servername: isIP(expected) === 0 ? expected : '',
    checkServerIdentity: (_host, certificate) => checkServerIdentity(expected, certificate),
  })
}

function failureOf(cause: Error, peer: string, isTls: boolean): ProtocolError {
  const reason = isTls ? explainTls(cause, peer) : undefined
  if (reason !== undefined) return new ProtocolError('TLS_FAILED', reason, { cause })
  const message = `cannot connect to ${peer}: ${describe(cause)}`
  return new ProtocolError('UNREACHABLE', message, { cause })
}

/** A name with several addresses fails with one error for each, and no message of its own. */
function describe(error: Error): string {
  if (!(error instanceof AggregateError)) return error.message
  return error.errors.map((each: Error) => each.message).join(', ')
}

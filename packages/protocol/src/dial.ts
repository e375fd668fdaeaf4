/** Opens the socket of a connection. */
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import {
  type Address,
  awakeClockOf,
  type Clock,
  formatAddress,
  isUnixAddress,
  systemClock,
} from '@resumelb/common'
import { ProtocolError } from './errors.ts'

export interface DialOptions {
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

/**
 * Connects within `timeout` milliseconds. Rejects with an UNREACHABLE {@link ProtocolError}, also when
 * the signal aborts.
 */
export function dial(
  address: Address,
  timeout: number,
  { signal, clock = systemClock }: DialOptions = {},
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(placeOf(address))
    const fail = (cause: Error) => {
      settle()
      socket.destroy()
      const message = `cannot connect to ${formatAddress(address)}: ${describe(cause)}`
      reject(new ProtocolError('UNREACHABLE', message, { cause }))
    }
    const onAbort = () => fail(new Error('aborted'))
    const settle = () => {
      cancelTimeout()
      signal?.removeEventListener('abort', onAbort)
    }
    const cancelTimeout = awakeClockOf(clock).after(timeout, () =>
      fail(new Error(`no answer in ${timeout} ms`)),
    )
    signal?.addEventListener('abort', onAbort, { once: true })
    // The listener stays: a socket that fails before a connection takes it over must not end the
    // process.
    socket.on('error', fail)
    socket.once('connect', () => {
      settle()
      resolve(socket)
    })
    if (signal?.aborted) onAbort()
  })
}

function placeOf(address: Address): NetConnectOpts {
  if (isUnixAddress(address)) return address
  return { host: address.host || 'localhost', port: address.port }
}

/**
 * If a name has several addresses, Node reports one error for each, without a message of its own.
 */
function describe(error: Error): string {
  if (!(error instanceof AggregateError)) return error.message
  return error.errors.map((each: Error) => each.message).join(', ')
}

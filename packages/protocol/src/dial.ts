/** Opens the socket of a connection. */
import { connect, type Socket } from 'node:net'
import {
  type Address,
  awakeClockOf,
  type Clock,
  formatAddress,
  systemClock,
} from '@resumelb/common'
import { ProtocolError } from './errors.ts'

/**
 * Connects by TCP within `timeout` milliseconds. Rejects with an UNREACHABLE {@link ProtocolError},
 * also when the signal aborts.
 */
export function dial(
  address: Address,
  timeout: number,
  signal?: AbortSignal,
  clock: Clock = systemClock,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.host || 'localhost', port: address.port })
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

/**
 * If a name has several addresses, Node reports one error for each, without a message of its own.
 */
function describe(error: Error): string {
  if (!(error instanceof AggregateError)) return error.message
  return error.errors.map((each: Error) => each.message).join(', ')
}

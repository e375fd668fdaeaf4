/** Opens the socket of a connection. */
import { connect, type Socket } from 'node:net'
import { type Address, formatAddress } from './address.ts'
import { ProtocolError } from './errors.ts'

/**
 * Connects by TCP within `timeout` milliseconds. Rejects with an UNREACHABLE {@link ProtocolError},
 * also when the signal aborts.
 */
export function dial(address: Address, timeout: number, signal?: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.host || 'localhost', port: address.port, noDelay: true })
    const fail = (cause: Error) => {
      settle()
      socket.destroy()
      const message = `cannot connect to ${formatAddress(address)}: ${cause.message}`
      reject(new ProtocolError('UNREACHABLE', message, { cause }))
    }
    const onTimeout = () => fail(new Error(`no answer in ${timeout} ms`))
    const onAbort = () => fail(new Error('given up'))
    const settle = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.off('error', fail)
    }
    const timer = setTimeout(onTimeout, timeout)
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('error', fail)
    socket.once('connect', () => {
      settle()
      resolve(socket)
    })
    if (signal?.aborted) onAbort()
  })
}

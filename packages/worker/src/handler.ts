/** Converts all kinds of handlers to request listeners. */
import type { Server } from 'node:http'
import { type FetchHandler, fetchListener } from './fetch-listener.ts'
import type { RequestListener, UpgradeListener } from './http/listeners.ts'
import { refuseUpgrade } from './upgrade/short-response.ts'

/**
 * A server of `node:http` or `node:https` need not listen: its events `request` and `upgrade` come.
 */
export type Handler = RequestListener | FetchHandler | Server

export function isFetchHandler(handler: unknown): handler is FetchHandler {
  return typeof (handler as Partial<FetchHandler> | null | undefined)?.fetch === 'function'
}

export function isServer(handler: unknown): handler is Server {
  const { emit, listen, listeners } = (handler ?? {}) as Partial<Server>
  return [emit, listen, listeners].every((method) => typeof method === 'function')
}

/** The listener for upgrades that a handler has by itself: a server's. */
export function upgradeListenerOf(handler: unknown): UpgradeListener | undefined {
  if (!isServer(handler)) return undefined
  return (request, socket, head) => {
    if (!handler.emit('upgrade', request, socket, head)) refuseUpgrade(socket)
  }
}

/** Returns a request listener for any kind of handler. */
export function toListener(handler: Handler): RequestListener {
  if (typeof handler === 'function') return handler
  if (isServer(handler)) return serverListener(handler)
  if (isFetchHandler(handler)) return fetchListener(handler)
  throw new TypeError(
    'Expected a handler to be a request listener, an http.Server or an object with fetch()',
  )
}

/** What a listener returns is waited for, as that of a handler is, if it is the only one. */
function serverListener(server: Server): RequestListener {
  return (request, response) => {
    const [listener, ...more] = server.listeners('request')
    if (listener !== undefined && more.length === 0) return listener.call(server, request, response)
    if (server.emit('request', request, response)) return undefined
    response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' })
    return response.end('Not Found\n')
  }
}

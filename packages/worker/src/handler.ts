/** Converts all kinds of handlers to request listeners. */
import type { Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { fetchListener } from './fetch-listener.ts'
import type { HandlerRequest } from './http/request-facts.ts'

/** A request listener of Node; Express and Connect applications are such functions. */
export type RequestListener = (request: HandlerRequest, response: ServerResponse) => unknown

/**
 * The listener for requests for an upgrade, such as those of a WebSocket: what Node calls for the event
 * `upgrade` of an `http.Server`. The socket is a stream with what a `net.Socket` has.
 */
export type UpgradeListener = (request: HandlerRequest, socket: Duplex, head: Buffer) => unknown

/** An application in the style of the Fetch standard: Hono and others. */
export interface FetchHandler {
  fetch(request: Request): Response | Promise<Response>
}

/** A server of `node:http` or `node:https` need not listen: its events `request` and `upgrade` come. */
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

/** Answers a request for an upgrade that nobody takes. */
export function refuseUpgrade(socket: Duplex): void {
  respondShortly(socket, '501 Not Implemented')
}

/** Answers a request for an upgrade with a status and nothing else, and ends the connection. */
export function respondShortly(socket: Duplex, status: string): void {
  const body = `${status.slice(4)}\n`
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Connection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
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

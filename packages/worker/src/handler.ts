/** Converts all kinds of handlers to request listeners. */
import type { ServerResponse } from 'node:http'
import { fetchListener } from './fetch-listener.ts'
import type { HandlerRequest } from './http/request-facts.ts'

/** A request listener of Node; Express and Connect applications are such functions. */
export type RequestListener = (request: HandlerRequest, response: ServerResponse) => unknown

/** An application in the style of the Fetch standard: Hono and others. */
export interface FetchHandler {
  fetch(request: Request): Response | Promise<Response>
}

export type Handler = RequestListener | FetchHandler

export function isFetchHandler(handler: unknown): handler is FetchHandler {
  return typeof (handler as Partial<FetchHandler> | null | undefined)?.fetch === 'function'
}

/** Returns a request listener for any kind of handler. */
export function toListener(handler: Handler): RequestListener {
  if (typeof handler === 'function') return handler
  if (isFetchHandler(handler)) return fetchListener(handler)
  throw new TypeError('Expected a handler to be a request listener or an object with fetch()')
}

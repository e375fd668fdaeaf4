/** What a worker serves: the kinds of handler, made one. */
import type { ServerResponse } from 'node:http'
import { fetchListener } from './fetch-listener.ts'
import type { HandlerRequest } from './http/request-facts.ts'

/** What Node calls a request listener; Express and Connect applications are such functions. */
export type RequestListener = (request: HandlerRequest, response: ServerResponse) => unknown

/** An application of the Web's standard kind: Hono and others. */
export interface FetchHandler {
  fetch(request: Request): Response | Promise<Response>
}

export type Handler = RequestListener | FetchHandler

export function isFetchHandler(handler: unknown): handler is FetchHandler {
  return typeof (handler as Partial<FetchHandler> | null | undefined)?.fetch === 'function'
}

/** One request listener from any kind of handler. */
export function toListener(handler: Handler): RequestListener {
  if (typeof handler === 'function') return handler
  if (isFetchHandler(handler)) return fetchListener(handler)
  throw new TypeError('Expected a handler to be a request listener or an object with fetch()')
}

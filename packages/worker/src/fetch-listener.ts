/** Serves a Web-standard `fetch(request)` from Node's request and response. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import type { RequestListener } from './http/listeners.ts'

/** An application in the style of the Fetch standard: Hono and others. */
export interface FetchHandler {
  fetch(request: Request): Response | Promise<Response>
}

/** A listener that sends what the handler's `fetch` resolves to. Rejections go to the caller. */
export function fetchListener(handler: FetchHandler): RequestListener {
  return async (request, response) => {
    const abort = new AbortController()
    response.once('close', () => {
      if (!response.writableFinished) abort.abort()
    })
    const question = toRequest(request, abort.signal)
    if (question) await send(await handler.fetch(question), response)
    else response.writeHead(400, { 'Content-Type': 'text/plain' }).end('Bad Request\n')
  }
}

/**
 * Undefined for a request that the Fetch standard does not support: an invalid host, the method
 * TRACE.
 */
function toRequest(request: IncomingMessage, signal: AbortSignal): Request | undefined {
  try {
    return new Request(urlOf(request), requestInit(request, signal))
  } catch {
    return undefined
  }
}

/** The target of a request is a path, a URL (RFC 9112 §3.2.2), or `*` for the server itself. */
function urlOf(request: IncomingMessage): string {
  const { url = '/', headers } = request
  if (/^https?:\/\//i.test(url)) return url
  const isEncrypted = (request.socket as { encrypted?: boolean }).encrypted
  const origin = `${isEncrypted ? 'https' : 'http'}://${headers.host ?? 'localhost'}`
  return url.startsWith('/') ? origin + url : `${origin}/`
}

function requestInit(request: IncomingMessage, signal: AbortSignal): RequestInit {
  const headers = new Headers()
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    headers.append(request.rawHeaders[i] as string, request.rawHeaders[i + 1] as string)
  }
  const method = request.method ?? 'GET'
  if (method === 'GET' || method === 'HEAD') return { method, headers, signal }
  // Node's types lack `duplex`, which the standard requires with a streamed body.
  const streamed = { method, headers, signal, duplex: 'half', body: Readable.toWeb(request) }
  return streamed as unknown as RequestInit
}

async function send(answer: Response, response: ServerResponse): Promise<void> {
  const fields: string[] = []
  for (const [name, value] of answer.headers) fields.push(name, value)
  response.writeHead(answer.status, answer.statusText, fields)
  if (answer.body === null) response.end()
  else await pipeline(Readable.fromWeb(answer.body as ReadableStream), response)
}

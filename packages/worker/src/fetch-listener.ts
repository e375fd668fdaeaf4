/** Serves a Web-standard `fetch(request)` from Node's request and response. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import type { FetchHandler, RequestListener } from './handler.ts'

/** A listener that answers what the handler's `fetch` resolves to. Its rejections go to the caller. */
export function fetchListener(handler: FetchHandler): RequestListener {
  return async (request, response) => {
    const abort = new AbortController()
    response.once('close', () => {
      if (!response.writableFinished) abort.abort()
    })
    await send(await handler.fetch(toRequest(request, abort.signal)), response)
  }
}

function toRequest(request: IncomingMessage, signal: AbortSignal): Request {
  const isEncrypted = (request.socket as { encrypted?: boolean }).encrypted
  const url = `${isEncrypted ? 'https' : 'http'}://${request.headers.host ?? 'localhost'}${request.url}`
  const headers = new Headers()
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    headers.append(request.rawHeaders[i] as string, request.rawHeaders[i + 1] as string)
  }
  const method = request.method ?? 'GET'
  if (method === 'GET' || method === 'HEAD') return new Request(url, { method, headers, signal })
  const body = Readable.toWeb(request)
  return new Request(url, {
    method,
    headers,
    signal,
    body,
    duplex: 'half',
  } as unknown as RequestInit)
}

async function send(answer: Response, response: ServerResponse): Promise<void> {
  const fields: string[] = []
  for (const [name, value] of answer.headers) fields.push(name, value)
  response.writeHead(answer.status, answer.statusText, fields)
  if (answer.body === null) response.end()
  else await pipeline(Readable.fromWeb(answer.body as ReadableStream), response)
}

/** A request that is described to the admin server, as classifiers see it. */
import type { IncomingHttpHeaders } from 'node:http'
import { Socket } from 'node:net'
import type { RequestView } from '../http/request-view.ts'

/** Header fields of the request that are looked at. */
const maxFields = 50

/**
 * The request of `host`, `path`, `method` and each `header=Name:value`. A body makes it a POST with
 * a Content-Length.
 */
export function imaginedRequest(query: URLSearchParams, body: Buffer | undefined): RequestView {
  const fields = query.getAll('header').slice(0, maxFields).map(fieldOf)
  const host = query.get('host')
  if (host !== null) fields.unshift(['Host', host])
  if (body !== undefined) fields.unshift(['Content-Length', String(body.length)])
  const headers: IncomingHttpHeaders = {}
  for (const [field, value] of fields) headers[field.toLowerCase()] ??= value
  return {
    method: query.get('method') ?? (body === undefined ? 'GET' : 'POST'),
    url: query.get('path') ?? '/',
    httpVersion: '1.1',
    headers,
    rawHeaders: fields.flat(),
    socket: new Socket(),
  }
}

function fieldOf(text: string): [name: string, value: string] {
  const colon = text.indexOf(':')
  return colon < 0 ? [text, ''] : [text.slice(0, colon).trim(), text.slice(colon + 1).trim()]
}

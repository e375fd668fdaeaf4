/** The fields of a response as `node:http2` takes them: by lower-case name. Pure. */
import type { OutgoingHttpHeaders } from 'node:http2'
import type { ClientHead } from '../../http/http-exchange.ts'
import type { ResponseFields } from '../../http/response-fields.ts'

/** Fields of which `node:http2` takes one value. What is a list by its nature may be joined. */
const listFields: ReadonlySet<string> = new Set(['content-encoding', 'content-language'])
const singleFields: ReadonlySet<string> = new Set([
  ...[
    'access-control-allow-credentials',
    'access-control-max-age',
    'access-control-request-method',
  ],
  ...['age', 'authorization', 'content-length', 'content-location', 'content-md5', 'content-range'],
  ...['content-type', 'date', 'dnt', 'etag', 'expires', 'from', 'host', 'if-match'],
  ...['if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'last-modified'],
  ...['location', 'max-forwards', 'proxy-authorization', 'range', 'referer', 'retry-after', 'tk'],
  ...['upgrade-insecure-requests', 'user-agent', 'x-content-type-options'],
])

/** Fields that belong to the connection of HTTP/1.1 that the response might have come by. */
const hopFields: ReadonlySet<string> = new Set(['http2-settings', 'sec-websocket-accept'])

/** The largest status that `node:http2` sends; it throws an error for a larger one. */
const maxStatus = 599

/**
 * The head of a response. The reason is left out: HTTP/2 has none. A status from 600 becomes 500,
 * as which clients would take it (RFC 9110 §15).
 */
export function h2Head({ status, contentLength, fields }: ClientHead): OutgoingHttpHeaders {
  const headers = h2Fields(fields)
  headers[':status'] = status > maxStatus ? 500 : status
  // RFC 9110 §15.3.6: it has no body, whatever the application says.
  if (contentLength >= 0 && status !== 205) headers['content-length'] = contentLength
  if (fields.date !== undefined) headers['date'] = fields.date
  return headers
}

/** Fields by lower-case name; those that are for one hop are gone already. */
export function h2Fields({ pairs }: ResponseFields): OutgoingHttpHeaders {
  // Without a prototype: any token is a name.
  const headers: OutgoingHttpHeaders = Object.create(null) as OutgoingHttpHeaders
  for (let at = 0; at < pairs.length; at += 2) {
    const name = (pairs[at] as string).toLowerCase()
    if (!hopFields.has(name)) addField(headers, name, pairs[at + 1] as string)
  }
  return headers
}

function addField(headers: OutgoingHttpHeaders, name: string, value: string): void {
  const before = headers[name]
  if (before === undefined) headers[name] = value
  else if (Array.isArray(before)) before.push(value)
  else if (listFields.has(name)) headers[name] = `${before}, ${value}`
  else if (!singleFields.has(name)) headers[name] = [String(before), value]
}

/** The answer to a TRACE or OPTIONS that may be passed on to nobody (RFC 9110 §7.6.2). */
import type { Client } from '../http/client.ts'

/** Fields that are not shown to whoever can make a browser send a TRACE (RFC 9110 §9.3.8). */
const secretNames: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization'])

/** Answers as whoever the request was for: with the request as it came, or with nothing to say. */
export function respondAsLastHop({ request, reply }: Pick<Client, 'request' | 'reply'>): void {
  const body = Buffer.from(request.method === 'TRACE' ? textOf(request) : '', 'latin1')
  const lines = body.length > 0 ? 'Content-Type: message/http\r\n' : ''
  const { length: contentLength } = body
  reply.setHead({ status: 200, reason: '', contentLength, hasBody: true, date: undefined, lines })
  reply.end(body)
}

function textOf({ method, url, httpVersion, rawHeaders }: Client['request']): string {
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    if (!secretNames.has(name.toLowerCase())) text += `${name}: ${rawHeaders[at + 1]}\r\n`
  }
  return `${text}\r\n`
}

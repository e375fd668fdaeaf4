/** The answer to a TRACE or OPTIONS that may be passed on to nobody (RFC 9110 §7.6.2). */
import { requestText } from '../http/h1-text.ts'
import type { HttpExchange } from '../http/http-exchange.ts'
import { ResponseFields } from '../http/response-fields.ts'

/** Fields that are not shown to whoever can make a browser send a TRACE (RFC 9110 §9.3.8). */
const secretNames: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization'])

/** Answers as whoever the request was for: with the request as it came, or with nothing to say. */
export function respondAsLastHop(exchange: HttpExchange): void {
  const { request } = exchange
  const text = request.method === 'TRACE' ? requestText(request, secretNames) : ''
  const body = Buffer.from(text, 'latin1')
  const fields = ResponseFields.of(body.length > 0 ? ['Content-Type', 'message/http'] : [])
  const { length: contentLength } = body
  exchange.setHead({ status: 200, reason: '', contentLength, hasBody: true, fields })
  exchange.end(body)
}

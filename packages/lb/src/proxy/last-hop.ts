/** Answers a TRACE or OPTIONS that may not be forwarded (RFC 9110 §7.6.2). */
import { requestText } from '../http/h1-text.ts'
import type { HttpExchange } from '../http/http-exchange.ts'
import type { OwnFields } from '../http/own-fields.ts'
import { ResponseFields } from '../http/response-fields.ts'

/**
 * Fields that are not echoed, because a browser could be made to send a TRACE (RFC 9110 §9.3.8).
 */
const secretNames: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization'])

/**
 * Answers as the final recipient: with the request as received, or with an empty response. Returns
 * the bytes of the body.
 */
export function respondAsLastHop(exchange: HttpExchange, own: OwnFields, id: string): number {
  const { request } = exchange
  const text = request.method === 'TRACE' ? requestText(request, secretNames) : ''
  const body = Buffer.from(text, 'latin1')
  const fields = ResponseFields.of([
    ...(body.length > 0 ? ['Content-Type', 'message/http'] : []),
    ...own.idPair(id),
  ])
  const { length: contentLength } = body
  exchange.setHead({ status: 200, reason: '', contentLength, hasBody: true, fields })
  exchange.end(body)
  return contentLength
}

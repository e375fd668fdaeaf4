/** The responses of the load balancer to failed requests. */
import { type FailureName, failures } from '../http/failures.ts'
import type { HttpExchange } from '../http/http-exchange.ts'
import type { OwnFields } from '../http/own-fields.ts'
import { ResponseFields } from '../http/response-fields.ts'
import { type FailurePage, failurePage } from './error-pages.ts'

/** What RFC 9110 §15.5.6 has a 405 say. */
const allowedMethods = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE'

/** Seconds after which a client may retry. */
const retryDelay = 1

/**
 * Failures that end the client's connection: what remains of the request would be taken for the
 * next one, there is no next one, or the client is up to something.
 */
const closing: ReadonlySet<FailureName> = new Set([
  'BAD_BODY',
  'UNSUPPORTED_EXPECTATION',
  'BAD_FRAMING',
  'BAD_HOST',
  'BAD_REQUEST',
  'BAD_TARGET',
  'CONNECT_NOT_ALLOWED',
  'UNSUPPORTED_VERSION',
  'CLIENT_TIMEOUT',
  'SHUTTING_DOWN',
  'HEADERS_TIMEOUT',
  'HEADERS_TOO_LARGE',
  'URI_TOO_LONG',
  'DUPLICATE_HOST',
  'UNSUPPORTED_CODING',
  'UNSUPPORTED_METHOD',
  'UNSUPPORTED_UPGRADE',
])

/**
 * Answers with the status of the failure. `pages` replace the default pages of their statuses.
 * Returns the bytes of the body that is sent.
 */
export function respondWithFailure(
  exchange: HttpExchange,
  name: FailureName,
  own: OwnFields,
  id: string,
  pages?: ReadonlyMap<number, FailurePage>,
): number {
  const { status, message, retryAfter } = failures[name]
  const { contentType, body } = pages?.get(status) ?? failurePage(`${message}\n`)
  const bytes = Buffer.from(body)
  const hasBody = exchange.request.method !== 'HEAD'
  const fields = ResponseFields.of([
    ...['Content-Type', contentType],
    ...['Cache-Control', 'no-store'],
    ...own.idPair(id),
    ...(status === 405 ? ['Allow', allowedMethods] : []),
    ...(retryAfter ? ['Retry-After', String(retryDelay)] : []),
  ])
  if (closing.has(name)) exchange.closeAfter()
  const { length: contentLength } = bytes
  exchange.setHead({ status, reason: '', contentLength, hasBody, fields })
  exchange.end(hasBody ? bytes : undefined)
  return hasBody ? contentLength : 0
}

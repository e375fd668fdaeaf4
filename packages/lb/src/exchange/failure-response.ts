/** What the client is told when no worker has answered it. */
import type { ServerResponse } from 'node:http'
import { type FailureName, failures } from './failures.ts'

/** Seconds after which a client may try again. */
const retryAfter = 1

/**
 * Failures that end the client's connection: what remains of the request would be taken for the next
 * one, there is no next one, or the client is up to something.
 */
const closing: ReadonlySet<FailureName> = new Set(['CLIENT_SILENT', 'CLOSING', 'TWO_HOSTS'])

/** Instead of the page that a failure has by itself. */
export interface FailurePage {
  readonly contentType: string
  readonly body: string
}

/** A page of this text: HTML if it looks like that, plain text otherwise. */
export function failurePage(text: string): FailurePage {
  const isHtml = text.trimStart().startsWith('<')
  return { contentType: `text/${isHtml ? 'html' : 'plain'}; charset=utf-8`, body: text }
}

/** Answers with the failure's status. `page`, if given, replaces the one of a 502. */
export function respondWithFailure(
  response: ServerResponse,
  name: FailureName,
  requestId: string,
  page?: FailurePage,
): void {
  const failure = failures[name]
  const isPage = failure.status === 502 && page !== undefined
  const { contentType, body } = isPage ? page : failurePage(`${failure.message}\n`)
  const fields = [
    ...['Content-Type', contentType, 'Content-Length', String(Buffer.byteLength(body))],
    ...['Cache-Control', 'no-store', 'X-Request-Id', requestId],
  ]
  if (failure.retryAfter) fields.push('Retry-After', String(retryAfter))
  if (closing.has(name)) fields.push('Connection', 'close')
  response.writeHead(failure.status, fields)
  response.end(body)
}

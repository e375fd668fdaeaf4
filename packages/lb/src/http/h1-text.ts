/** Writes messages as HTTP/1.1 text. Pure. */
import { STATUS_CODES } from 'node:http'
import type { RequestView } from './request-view.ts'

/** The given reason phrase, or the standard one of the status. */
export function reasonPhrase(status: number, reason: string): string {
  return reason === '' ? (STATUS_CODES[status] ?? 'unknown') : reason
}

/** An interim response; its fields are lines that end with CR LF. */
export function interimText(status: number, reason: string, lines: string): string {
  return `HTTP/1.1 ${status} ${reasonPhrase(status, reason)}\r\n${lines}\r\n`
}

/** The head of a request as received, without the fields with these lower-case names. */
export function requestText(
  { method, url, httpVersion, rawHeaders }: RequestView,
  dropped: ReadonlySet<string>,
): string {
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    if (!dropped.has(name.toLowerCase())) text += `${name}: ${rawHeaders[at + 1]}\r\n`
  }
  return `${text}\r\n`
}

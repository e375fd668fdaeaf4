/** Messages as HTTP/1.1 writes them, for whoever has to send or show one as text. Pure. */
import { STATUS_CODES } from 'node:http'
import type { RequestView } from './request-view.ts'

/** The words behind a status: those that were given, or the usual ones. */
export function reasonPhrase(status: number, reason: string): string {
  return reason === '' ? (STATUS_CODES[status] ?? 'unknown') : reason
}

/** An interim response; its fields are lines, each with its CR LF. */
export function interimText(status: number, reason: string, lines: string): string {
  return `HTTP/1.1 ${status} ${reasonPhrase(status, reason)}\r\n${lines}\r\n`
}

/** The head of a request as it came, without fields of these lower-case names. */
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

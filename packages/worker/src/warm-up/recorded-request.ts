/** A request that may be run again to fill caches. Pure. */
import { type RequestHead, type SampleRequest, splitHeaders } from '@resumelb/protocol'

/** Maximum characters of the target and the header fields together. */
export const maxRecordedLength = 8_192

/** Safe methods (RFC 9110 §9.2.1) whose responses depend on caches. */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/** Names of header fields and query parameters that stand for credentials. */
const credential =
  /auth|cookie|token|secret|session|passw|api-?key|signature|^sig$|credential|csrf|xsrf/i

/** Fields that make a request one of a kind: parts, conditions, bodies, changes of protocol. */
const peculiar =
  /^(?:range|if-.*|content-length|transfer-encoding|expect|upgrade|connection|trailer)$/i

/** Fields of no use, or worse: about the client, about this one request, or past caches. */
const dropped =
  /^(?:forwarded|x-forwarded-for|x-real-ip|x-client-ip|true-client-ip|cf-connecting-ip|referer|from|traceparent|tracestate|baggage|x-request-id|x-correlation-id|x-b3-.*|b3|cache-control|pragma|x-resumelb-.*)$/i

export function isSafe(method: string): boolean {
  return safeMethods.has(method)
}

/**
 * What to keep of a request, without what identifies its client; undefined if it is not to be
 * repeated, because it changes something, is too long, or has credentials that are not allowed.
 */
export function recordOf(
  { method, url, headers, encrypted }: RequestHead,
  allowsCredentials: boolean,
): SampleRequest | undefined {
  if (!isSafe(method) || url.length + headers.length > maxRecordedLength) return undefined
  if (!allowsCredentials && hasCredentialInQuery(url)) return undefined
  const fields = splitHeaders(headers)
  const kept: string[] = []
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] as string
    if (peculiar.test(name) || (!allowsCredentials && credential.test(name))) return undefined
    if (!dropped.test(name)) kept.push(name, fields[at + 1] as string)
  }
  return { method, url, headers: kept.join('\n'), encrypted }
}

function hasCredentialInQuery(url: string): boolean {
  const start = url.indexOf('?')
  if (start < 0) return false
  return [...new URLSearchParams(url.slice(start)).keys()].some((name) => credential.test(name))
}

/** In a form for JSON. */
export function savedRequest({ method, url, headers, encrypted }: SampleRequest): unknown {
  return [method, url, headers, encrypted]
}

/** Undefined for what is no saved request. */
export function readSavedRequest(saved: unknown): SampleRequest | undefined {
  if (!Array.isArray(saved)) return undefined
  const [method, url, headers, encrypted] = saved as unknown[]
  const texts = [method, url, headers]
  if (!texts.every((text) => typeof text === 'string') || !isSafe(String(method))) return undefined
  const request = { method, url, headers, encrypted: encrypted === true } as SampleRequest
  return request.url.length + request.headers.length <= maxRecordedLength ? request : undefined
}

/**
 * The rules that a parsed request must obey before it is forwarded (RFC 9110, RFC 9112),
 * independent of the parser. Pure.
 */
import { trimBlanks } from '@resumelb/common'
import { withUpgrade } from '@resumelb/protocol'
import type { FailureName } from './failures.ts'
import { isHost } from './host.ts'
import { isLength, type KnownField, knownField } from './known-fields.ts'
import { noFacts, type RequestFacts, readRequest } from './request-fields.ts'

/** The parsed head of a request. */
export interface RequestMessage {
  readonly method: string
  readonly url: string
  /** The minor version of HTTP/1. */
  readonly minorVersion: number
  /** Names and values, in turn. */
  readonly rawHeaders: readonly string[]
}

/** The peer that sent it. */
export interface RequestSender {
  readonly isTrusted: boolean
  readonly encrypted: boolean
}

/** The result of checking a request. */
export interface RequestReading {
  /** The path and the query, or an asterisk. */
  readonly url: string
  /** The facts of the fields, with the effective host as the only one. */
  readonly rawHeaders: readonly string[]
  readonly facts: RequestFacts
  /** The connection ends after the response. */
  readonly isLast: boolean
  /** Why the request is refused, if it is. */
  readonly refusal: FailureName | undefined
}

/** Checks a request with valid syntax. */
export function readMessage(message: RequestMessage, sender: RequestSender): RequestReading {
  const known = valuesOfKnown(message.rawHeaders)
  const target = targetOf(message, sender)
  const refusal =
    (message.method === 'CONNECT' ? 'CONNECT_NOT_ALLOWED' : undefined) ??
    (target === undefined ? 'BAD_TARGET' : undefined) ??
    badHost(message, known) ??
    badFraming(known) ??
    badExpectation(message, known)
  if (refusal !== undefined || target === undefined) {
    const { url, rawHeaders } = message
    return { url, rawHeaders, facts: noFacts(), isLast: true, refusal }
  }
  const { url, authority } = target
  const hops = hopsLeft(message.method, known)
  const rawHeaders = rewritten(message.rawHeaders, authority, hops)
  const facts = readRequest(rawHeaders, sender.isTrusted)
  // RFC 9110 §10.1.1. Without a body there is nothing to wait for.
  if (message.minorVersion === 0 || facts.contentLength === 0) facts.expectsContinue = false
  facts.isForUs = hops === 0
  const upgrade = facts.contentLength === 0 ? upgradeOf(message, known) : undefined
  if (upgrade !== undefined) {
    facts.upgrade = upgrade
    facts.block = withUpgrade(facts.block, upgrade)
  }
  // What follows an upgrade request may be of the other protocol, and must not be parsed as HTTP.
  const ends = upgrade !== undefined || isLast(message, known)
  return { url, rawHeaders, facts, isLast: ends, refusal: undefined }
}

/**
 * The protocols that a request without a body asks to change to (RFC 9110 §7.8), but for HTTP/2:
 * who offers that is served as well without (RFC 9113 §3.1 has taken it back).
 */
function upgradeOf({ minorVersion }: RequestMessage, known: KnownValues): string | undefined {
  const { upgrade, connection } = known
  if (upgrade === undefined || minorVersion === 0 || !itemsOf(connection).includes('upgrade')) {
    return undefined
  }
  const protocols = upgrade.flatMap((value) => value.split(',')).map(trimBlanks)
  const offered = protocols.filter((name) => name !== '' && !/^h2c?$/i.test(name))
  return offered.length === 0 ? undefined : offered.join(', ')
}

type KnownValues = Readonly<Partial<Record<KnownField, readonly string[]>>>

function valuesOfKnown(rawHeaders: readonly string[]): KnownValues {
  const values: Partial<Record<KnownField, string[]>> = {}
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = knownField(rawHeaders[at] as string)
    if (name === undefined) continue
    const value = rawHeaders[at + 1] as string
    const others = values[name]
    if (others === undefined) values[name] = [value]
    else others.push(value)
  }
  return values
}

/** The path of a target, and its host if it has one. */
interface Target {
  readonly url: string
  readonly authority: string | undefined
}

const path = /^\/[!"$-~]*$/
const absolute = /^(https?):\/\/([^/?#]+)((?:[/?][!"$-~]*)?)$/i

/** Parses a target (RFC 9112 §3.2); `undefined` if it is not valid for this request. */
function targetOf({ method, url }: RequestMessage, sender: RequestSender): Target | undefined {
  if (path.test(url)) return { url, authority: undefined }
  if (url === '*') return method === 'OPTIONS' ? { url, authority: undefined } : undefined
  const found = absolute.exec(url)
  if (found === null) return undefined
  const [, scheme = '', authority = '', rest = ''] = found
  // An https target is valid only if the client used TLS, to us or to a trusted proxy.
  const isHttps = scheme.toLowerCase() === 'https'
  if (isHttps && !sender.encrypted && !sender.isTrusted) return undefined
  if (!isHost(authority) || authority.startsWith(':')) return undefined
  if (rest === '') return { url: method === 'OPTIONS' ? '*' : '/', authority }
  return { url: rest.startsWith('?') ? `/${rest}` : rest, authority }
}

/** RFC 9112 §3.2: required even if the target has a host. */
function badHost({ minorVersion }: RequestMessage, { host }: KnownValues): FailureName | undefined {
  if (host === undefined) return minorVersion === 0 ? undefined : 'BAD_HOST'
  if (host.length > 1) return 'DUPLICATE_HOST'
  return isHost(host[0] as string) ? undefined : 'BAD_HOST'
}

/** RFC 9112 §6. Nothing is tolerated, because two parsers might tolerate it differently. */
function badFraming(known: KnownValues): FailureName | undefined {
  const lengths = known['content-length']
  const codings = known['transfer-encoding']
  if (lengths !== undefined && (lengths.length > 1 || !isLength(lengths[0] as string))) {
    return 'BAD_FRAMING'
  }
  if (codings === undefined) return undefined
  if (lengths !== undefined) return 'BAD_FRAMING'
  const names = codings.flatMap((value) => value.toLowerCase().split(','))
  const [first, ...more] = names.map(trimBlanks)
  if (first === 'chunked' && more.length === 0) return undefined
  const inner = [first, ...more].slice(0, -1)
  const isReadable = more.at(-1) === 'chunked' && !inner.includes('chunked') && !inner.includes('')
  return isReadable ? 'UNSUPPORTED_CODING' : 'BAD_FRAMING'
}

function badExpectation(
  { minorVersion }: RequestMessage,
  { expect }: KnownValues,
): FailureName | undefined {
  if (expect === undefined || minorVersion === 0) return undefined
  return expect.length === 1 && expect[0]?.toLowerCase() === '100-continue'
    ? undefined
    : 'UNSUPPORTED_EXPECTATION'
}

/** The number of further hops of a TRACE or OPTIONS (RFC 9110 §7.6.2). */
function hopsLeft(method: string, known: KnownValues): number | undefined {
  const value = known['max-forwards']?.[0]
  if (value === undefined || (method !== 'TRACE' && method !== 'OPTIONS')) return undefined
  return isLength(value) ? Number(value) : undefined
}

function rewritten(
  rawHeaders: readonly string[],
  authority: string | undefined,
  hops: number | undefined,
): readonly string[] {
  if (authority === undefined && hops === undefined) return rawHeaders
  const fields = [...rawHeaders]
  let hasHost = false
  for (let at = 0; at < fields.length; at += 2) {
    const name = knownField(fields[at] as string)
    if (name === 'host') {
      hasHost = true
      if (authority !== undefined) fields[at + 1] = authority
    } else if (name === 'max-forwards' && hops !== undefined) {
      fields[at + 1] = String(Math.max(0, hops - 1))
    }
  }
  if (!hasHost && authority !== undefined) fields.push('Host', authority)
  return fields
}

/** RFC 9112 §9.3, and §6.1: an HTTP/1.0 client that sends chunks may not know where they end. */
function isLast({ minorVersion }: RequestMessage, known: KnownValues): boolean {
  const options = itemsOf(known.connection)
  if (options.includes('close')) return true
  if (minorVersion > 0) return false
  return known['transfer-encoding'] !== undefined || !options.includes('keep-alive')
}

/** The items of a list, in lower case. */
function itemsOf(values: readonly string[] = []): string[] {
  return values.flatMap((value) => value.toLowerCase().split(',')).map(trimBlanks)
}

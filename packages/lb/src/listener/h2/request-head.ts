/** Reads the head of a request of HTTP/2 (RFC 9113 §8), as `node:http2` hands it over. */
import { randomBytes } from 'node:crypto'
import { METHODS } from 'node:http'
import type { FailureName } from '../../http/failures.ts'
import type { RequestFacts } from '../../http/request-fields.ts'
import { noFacts } from '../../http/request-fields.ts'
import { type RequestSender, readMessage } from '../../http/request-rules.ts'

export interface H2Head {
  readonly method: string
  /** The path and the query, or an asterisk. */
  readonly url: string
  /** Names and values in turn, as HTTP/1.1 has them: with Host, and with one Cookie. */
  readonly rawHeaders: readonly string[]
  readonly facts: RequestFacts
  /** Why the request is refused, if it is. */
  readonly refusal: FailureName | undefined
}

const methods: ReadonlySet<string> = new Set(METHODS)

/** What each field has besides its name and value, as HTTP/1.1 writes it. */
const fieldOverhead = ': \r\n'.length

/** Bytes that no value has. The library refuses them, too. */
const badValue = /[\0\r\n]/

/** The parts of a head before they are looked at. */
interface Parts {
  readonly pseudo: Partial<Record<string, string>>
  /** Names and values of the other fields, in turn. */
  readonly fields: string[]
  /** Bytes, as HTTP/1.1 would have them. */
  length: number
  isBad: boolean
}

/**
 * Reads a head. `raw` is names and values in turn, `endsStream` whether no body follows,
 * `maxLength` the bytes that the head may have.
 */
export function readH2Head(
  raw: readonly string[],
  endsStream: boolean,
  maxLength: number,
  sender: RequestSender,
): H2Head {
  const parts = partsOf(raw)
  const { pseudo, fields } = parts
  const { ':method': method = '', ':path': url = '', ':authority': authority } = pseudo
  const bad = refusalOf(parts, maxLength) ?? (addHost(fields, authority) ? undefined : 'BAD_HOST')
  if (bad !== undefined) {
    const shown = url || (authority ?? '')
    return { method, url: shown, rawHeaders: fields, facts: noFacts(), refusal: bad }
  }
  const isTunnel = pseudo[':protocol'] !== undefined
  if (isTunnel) fields.push(...upgradeFields())
  const isLengthUnknown = !(
    isTunnel ||
    endsStream ||
    fields.some((text, at) => at % 2 === 0 && text === lengthName)
  )
  // HTTP/2 has no need to say that a body of unknown length follows. All others do.
  if (isLengthUnknown) fields.push('transfer-encoding', 'chunked')
  const asked = isTunnel ? 'GET' : method
  const message = { method: asked, url, minorVersion: 1, rawHeaders: fields }
  const { rawHeaders, facts, ...reading } = readMessage(message, sender)
  const shown = isLengthUnknown ? rawHeaders.slice(0, -2) : rawHeaders
  return { method: asked, url: reading.url, rawHeaders: shown, facts, refusal: reading.refusal }
}

function refusalOf({ pseudo, length, isBad }: Parts, maxLength: number): FailureName | undefined {
  const {
    ':method': method = '',
    ':path': url = '',
    ':scheme': scheme,
    ':protocol': protocol,
  } = pseudo
  if (length > maxLength) return url.length < maxLength ? 'HEADERS_TOO_LARGE' : 'URI_TOO_LONG'
  if (isBad) return 'BAD_REQUEST'
  if (!methods.has(method)) return 'UNSUPPORTED_METHOD'
  if (method === 'CONNECT') {
    if (protocol === undefined) return undefined
    if (protocol !== 'websocket') return 'UNSUPPORTED_UPGRADE'
  }
  if (scheme !== 'https' && scheme !== 'http') return 'BAD_TARGET'
  // The form of a target that names a host is that of HTTP/1.
  return url.startsWith('/') || url === '*' ? undefined : 'BAD_TARGET'
}

/** What HTTP/1.1 has in place of an extended CONNECT for a WebSocket (RFC 8441 §5). */
function upgradeFields(): string[] {
  const key = randomBytes(16).toString('base64')
  return ['connection', 'Upgrade', 'upgrade', 'websocket', 'sec-websocket-key', key]
}

const lengthName = 'content-length'

function partsOf(raw: readonly string[]): Parts {
  const parts: Parts = { pseudo: {}, fields: [], length: 0, isBad: false }
  const { fields } = parts
  let cookieAt = -1
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] as string
    const value = raw[at + 1] as string
    parts.length += name.length + value.length + fieldOverhead
    if (badValue.test(value)) parts.isBad = true
    if (name.startsWith(':')) parts.pseudo[name] = value
    else if (name === 'cookie' && cookieAt >= 0) {
      // RFC 9113 §8.2.3: they are one field, of which each part may come by itself.
      fields[cookieAt] += `; ${value}`
    } else {
      if (name === 'cookie') cookieAt = fields.length + 1
      fields.push(name, value)
    }
  }
  return parts
}

/**
 * Makes the authority the Host, which is what the worker knows. False if the request names two
 * different ones (RFC 9113 §8.3.1).
 */
function addHost(fields: string[], authority: string | undefined): boolean {
  if (authority === undefined) return true
  const hostAt = fields.findIndex((text, at) => at % 2 === 0 && text === 'host')
  if (hostAt < 0) fields.unshift('host', authority)
  return hostAt < 0 || fields[hostAt + 1]?.toLowerCase() === authority.toLowerCase()
}

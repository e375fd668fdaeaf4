/** Header fields on their way through: what a proxy takes away, adds and looks at. Pure. */
import { type RequestHead, type ResponseHead, splitHeaders } from '@resumelb/protocol'
import type { Peer } from './client.ts'

/** What this load balancer calls itself in `Via` (RFC 9110 §7.6.3). */
const pseudonym = 'resumelb'

/** Names of header fields, by the number of characters, that mean something to a proxy. */
const namesByLength: readonly (readonly string[] | undefined)[] = byLength([
  'connection',
  'content-length',
  'expect',
  'forwarded',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-request-id',
])

function byLength(names: readonly string[]): (string[] | undefined)[] {
  const table: (string[] | undefined)[] = []
  for (const name of names) {
    const same = table[name.length] ?? []
    same.push(name)
    table[name.length] = same
  }
  return table
}

/**
 * The lower-case name of a field that means something to a proxy, or `undefined`: most fields are
 * told by the length of their name or its first letter, and nothing is made of them.
 */
function special(name: string): string | undefined {
  const candidates = namesByLength[name.length]
  if (candidates === undefined) return undefined
  const first = name.charCodeAt(0) | 0x20
  for (const candidate of candidates) {
    if (candidate.charCodeAt(0) === first && candidate === name.toLowerCase()) return candidate
  }
  return undefined
}

/** What the fields of a request say to a proxy. */
export interface RequestFacts {
  /** The fields for the worker but the last ones, as a header block. */
  readonly block: string
  /** Bytes of the body; 0 if there is none, -1 if the client does not say. */
  readonly contentLength: number
  readonly host: string | undefined
  readonly forwardedFor: string | undefined
  readonly forwardedHost: string | undefined
  readonly forwardedProto: string | undefined
  readonly requestId: string | undefined
}

/** Goes through the fields of a request. What an untrusted peer says of others is dropped. */
export function readRequest(rawHeaders: readonly string[], isTrusted: boolean): RequestFacts {
  const facts = {
    block: '',
    contentLength: 0,
    host: undefined as string | undefined,
    forwardedFor: undefined as string | undefined,
    forwardedHost: undefined as string | undefined,
    forwardedProto: undefined as string | undefined,
    requestId: undefined as string | undefined,
  }
  const listed = listedFields(rawHeaders)
  const kept: string[] = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    const value = rawHeaders[at + 1] as string
    const known = special(name)
    // Looked at even if it is listed: the body is there all the same.
    if (known !== undefined && !keepsRequestField(known, value, facts, isTrusted)) continue
    if (!listed?.has(name.toLowerCase())) kept.push(name, value)
  }
  facts.block = kept.join('\n')
  return facts
}

/** Notes what a special field says; returns whether the worker gets it as it is. */
function keepsRequestField(
  name: string,
  value: string,
  facts: { -readonly [Name in keyof RequestFacts]: RequestFacts[Name] },
  isTrusted: boolean,
): boolean {
  switch (name) {
    case 'host':
      facts.host ??= value
      return true
    case 'via':
      return true
    case 'content-length':
      if (facts.contentLength === 0) facts.contentLength = Number(value)
      return true
    case 'transfer-encoding':
      facts.contentLength = -1
      return false
    case 'forwarded':
      return isTrusted
    case 'x-forwarded-for':
      if (isTrusted) facts.forwardedFor = joinValues(facts.forwardedFor, value)
      return false
    case 'x-forwarded-host':
      if (isTrusted) facts.forwardedHost ??= value
      return false
    case 'x-forwarded-proto':
      if (isTrusted) facts.forwardedProto ??= value
      return false
    case 'x-request-id':
      if (isTrusted && isRequestId(value)) facts.requestId ??= value
      return false
    default:
      return false
  }
}

/** The whole header block for the worker. */
export function requestBlock(
  facts: RequestFacts,
  peer: Peer,
  head: Pick<RequestHead, 'id' | 'httpVersion'>,
): string {
  const { host } = facts
  const own = `X-Request-Id\n${facts.requestId ?? head.id}\nVia\n${head.httpVersion} ${pseudonym}`
  const first = facts.block === '' ? '' : `${facts.block}\n`
  if (!peer.isTrusted) {
    const forwardedHost = host === undefined ? '' : `X-Forwarded-Host\n${host}\n`
    return `${first}${peer.forwardedFields}\n${forwardedHost}${own}`
  }
  const forwardedHost = facts.forwardedHost ?? host
  const hostField = forwardedHost === undefined ? '' : `X-Forwarded-Host\n${forwardedHost}\n`
  const hops = joinValues(facts.forwardedFor, peer.address)
  const proto = facts.forwardedProto ?? (peer.encrypted ? 'https' : 'http')
  return `${first}X-Forwarded-For\n${hops}\nX-Forwarded-Proto\n${proto}\n${hostField}${own}`
}

/** A response's head, as the client gets it. */
export interface ClientHead {
  /** Names and values alternate, for `writeHead`. */
  readonly fields: string[]
  /** Bytes of the body that the head announces; -1 if it does not. */
  readonly contentLength: number
}

/** The head for the client, or `undefined` if it contradicts itself about the body's length. */
export function clientHead(head: ResponseHead): ClientHead | undefined {
  const rawHeaders = splitHeaders(head.headers)
  if (rawHeaders.length % 2 !== 0) return undefined
  const listed = listedFields(rawHeaders)
  const fields: string[] = []
  let contentLength = -1
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    const value = rawHeaders[at + 1] as string
    const known = special(name)
    if (known !== undefined && hopByHop.has(known)) continue
    if (listed?.has(name.toLowerCase())) continue
    if (known === 'content-length') {
      const length = lengthOf(value)
      if (length < 0 || contentLength >= 0) return undefined
      contentLength = length
    }
    fields.push(name, value)
  }
  fields.push('Via', `1.1 ${pseudonym}`)
  return { fields, contentLength }
}

/** Fields that concern one connection only, and that are therefore not passed on. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Never taken away because a peer lists them in `Connection`: that would change the message. */
const neverListed: ReadonlySet<string> = new Set(['close', 'content-length', 'host', 'keep-alive'])

/** Lower-case names of other fields that `Connection` fields name, if there are any. */
function listedFields(rawHeaders: readonly string[]): ReadonlySet<string> | undefined {
  let listed: Set<string> | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    if (name.length !== 10 || special(name) !== 'connection') continue
    for (const option of (rawHeaders[at + 1] as string).toLowerCase().split(',')) {
      const field = option.trim()
      if (field === '' || neverListed.has(field)) continue
      listed ??= new Set()
      listed.add(field)
    }
  }
  return listed
}

function joinValues(first: string | undefined, second: string): string {
  return first === undefined ? second : `${first}, ${second}`
}

const digits = /^\d{1,15}$/

function lengthOf(value: string): number {
  return digits.test(value) ? Number(value) : -1
}

const requestId = /^[\w.:/+=-]{1,128}$/

function isRequestId(value: string): boolean {
  return requestId.test(value)
}

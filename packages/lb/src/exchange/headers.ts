/** Header fields on their way through: what a proxy takes away, adds and looks at. Pure. */
import { addListed, type RequestHead, type ResponseHead, withoutListed } from '@resumelb/protocol'
import type { ReplyHead } from '../client/client.ts'
import type { Peer } from '../client/peers.ts'

/** What this load balancer calls itself in `Via` (RFC 9110 §7.6.3). */
const pseudonym = 'resumelb'

/** Names of fields that concern one connection only, and that are therefore not passed on. */
const hopByHopNames = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
] as const

/** Names of header fields that mean something to a proxy. */
const specialNames = [
  ...hopByHopNames,
  'content-length',
  'date',
  'expect',
  'forwarded',
  'host',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-request-id',
] as const

type SpecialName = (typeof specialNames)[number]

const hopByHop: ReadonlySet<SpecialName> = new Set(hopByHopNames)

const longestSpecial = Math.max(...specialNames.map((name) => name.length))

/** The special names by {@link slotOf}; no two of them share a slot. */
const specialBySlot: (SpecialName | undefined)[] = []
for (const name of specialNames) specialBySlot[slotOf(name)] = name

/** A number of the length of a name, and of the low bits of its last letter and the first. */
function slotOf(name: string): number {
  const { length } = name
  return (length << 10) | ((name.charCodeAt(0) & 31) << 5) | (name.charCodeAt(length - 1) & 31)
}

/** The lower-case name of a field that means something to a proxy; nothing is made of the others. */
function special(name: string): SpecialName | undefined {
  if (name.length > longestSpecial) return undefined
  const known = specialBySlot[slotOf(name)]
  if (known === undefined || known === name || known === name.toLowerCase()) return known
  return undefined
}

/** What the fields of a request say to a proxy. */
export interface RequestFacts {
  /** Names and values, in turn, for the worker. */
  readonly fields: string[]
  /** Bytes of the body; 0 if there is none, -1 if the client does not say. */
  readonly contentLength: number
  readonly host: string | undefined
  /** There is more than one Host field. */
  readonly hasTwoHosts: boolean
  readonly forwardedFor: string | undefined
  readonly forwardedHost: string | undefined
  readonly forwardedProto: string | undefined
  readonly requestId: string | undefined
}

/** Goes through the fields of a request. What an untrusted peer says of others is dropped. */
export function readRequest(rawHeaders: readonly string[], isTrusted: boolean): RequestFacts {
  const facts = {
    fields: [] as string[],
    contentLength: 0,
    host: undefined as string | undefined,
    hasTwoHosts: false,
    forwardedFor: undefined as string | undefined,
    forwardedHost: undefined as string | undefined,
    forwardedProto: undefined as string | undefined,
    requestId: undefined as string | undefined,
  }
  let listed: Set<string> | undefined
  const kept: string[] = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    const value = rawHeaders[at + 1] as string
    const known = special(name)
    if (known === 'connection') listed = addListed(listed, value, neverListed)
    // Looked at even if it is listed: the body is there all the same.
    else if (known === undefined || keepsRequestField(known, value, facts, isTrusted)) {
      kept.push(name, value)
    }
  }
  facts.fields = withoutListed(kept, listed)
  return facts
}

/** Notes what a special field says; returns whether the worker gets it as it is. */
function keepsRequestField(
  name: SpecialName,
  value: string,
  facts: { -readonly [Name in keyof RequestFacts]: RequestFacts[Name] },
  isTrusted: boolean,
): boolean {
  switch (name) {
    case 'host':
      if (facts.host !== undefined) facts.hasTwoHosts = true
      facts.host ??= value
      return true
    case 'date':
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

/** The whole header block for the worker. Called once: it adds to the fields. */
export function requestBlock(
  { fields, host, requestId, forwardedHost, forwardedFor, forwardedProto }: RequestFacts,
  peer: Peer,
  { id, httpVersion }: Pick<RequestHead, 'id' | 'httpVersion'>,
): string {
  // All in one list: a long string made of strings would be copied once more.
  if (peer.isTrusted) {
    fields.push('X-Forwarded-For', joinValues(forwardedFor, peer.address))
    fields.push('X-Forwarded-Proto', forwardedProto ?? (peer.encrypted ? 'https' : 'http'))
  } else {
    fields.push(peer.forwardedFields)
  }
  const site = forwardedHost ?? host
  if (site !== undefined) fields.push('X-Forwarded-Host', site)
  fields.push('X-Request-Id', requestId ?? id, 'Via', `${httpVersion} ${pseudonym}`)
  return fields.join('\n')
}

/** What the client gets to know of a response's fields. */
export type ReplyFields = Pick<ReplyHead, 'contentLength' | 'date' | 'lines'>

/** Names and values that HTTP/1.1 can carry, in turn: as Node checks each of them. */
const headerBlock = /^(?:[\w!#$%&'*+.^`|~-]+\n[\t\x20-\x7e\x80-\xff]*(?:\n(?!$)|$))*$/

const noNames: ReadonlySet<string> = new Set()

/** The head for the client, or `undefined` if HTTP cannot carry it, or it contradicts itself. */
export function clientHead({ headers }: ResponseHead): ReplyFields | undefined {
  return headerBlock.test(headers) ? headWithout(noNames, headers) : undefined
}

/** The head of a good block, without fields of these lower-case names. */
function headWithout(dropped: ReadonlySet<string>, block: string): ReplyFields | undefined {
  const framing: Framing = { contentLength: -1, date: undefined, isGood: true }
  let lines = ''
  let listed: Set<string> | undefined
  for (let at = 0, end = 0; at < block.length; at = end + 1) {
    const nameEnd = block.indexOf('\n', at)
    end = block.indexOf('\n', nameEnd + 1)
    if (end < 0) end = block.length
    const name = block.slice(at, nameEnd)
    const value = block.slice(nameEnd + 1, end)
    const known = special(name)
    if (known === 'connection') listed = addListed(listed, value, neverListed)
    if (isForOneHop(known, name, dropped) || notesFraming(known, value, framing)) continue
    lines += `${name}: ${value}\r\n`
  }
  if (listed !== undefined && dropped.size === 0) return headWithout(listed, block)
  const { contentLength, date, isGood } = framing
  return isGood ? { contentLength, date, lines: `${lines}Via: 1.1 ${pseudonym}\r\n` } : undefined
}

/** The fields of a response that whoever sends it must know. */
interface Framing {
  contentLength: number
  date: string | undefined
  isGood: boolean
}

/** Notes such a field; false if it is not one. */
function notesFraming(known: SpecialName | undefined, value: string, framing: Framing): boolean {
  if (known === 'date') {
    framing.date ??= value
    return true
  }
  if (known !== 'content-length') return false
  if (framing.contentLength >= 0 || !digits.test(value)) framing.isGood = false
  framing.contentLength = Number(value)
  return true
}

function isForOneHop(
  known: SpecialName | undefined,
  name: string,
  listed: ReadonlySet<string>,
): boolean {
  if (known !== undefined && hopByHop.has(known)) return true
  return listed.size > 0 && listed.has(name.toLowerCase())
}

/** Never taken away because a peer lists them in `Connection`: that would change the message. */
const neverListed: ReadonlySet<string> = new Set(['close', 'content-length', 'host', 'keep-alive'])

function joinValues(first: string | undefined, second: string): string {
  return first === undefined ? second : `${first}, ${second}`
}

const digits = /^\d{1,15}$/

const requestId = /^[\w.:/+=-]{1,128}$/

function isRequestId(value: string): boolean {
  return requestId.test(value)
}

/** The header fields of a request for the worker: what a proxy removes, adds and reads. Pure. */
import { addListed, withoutListed } from '@resumelb/common'
import { joinHeaders, type RequestHead } from '@resumelb/protocol'
import { firstItem, portOf, schemeOf, sitePort } from './forwarded.ts'
import { type KnownField, knownField, pseudonym } from './known-fields.ts'
import { type Peer, unixClient } from './peers.ts'

/** What a proxy must know about the fields of a request. */
export interface RequestFacts {
  /** The header block for the worker, without what {@link requestBlock} adds. */
  readonly block: string
  /** Length of the body in bytes; 0 if there is none, -1 if unknown. */
  readonly contentLength: number
  readonly host: string | undefined
  /** There is more than one Host field. */
  readonly hasTwoHosts: boolean
  /** The parameters of `Forwarded`, from a trusted proxy. */
  readonly forwarded: string | undefined
  readonly forwardedFor: string | undefined
  readonly forwardedHost: string | undefined
  readonly forwardedPort: string | undefined
  readonly forwardedProto: 'http' | 'https' | undefined
  readonly requestId: string | undefined
  /** The client waits for 100 (Continue) before it sends the body. */
  readonly expectsContinue: boolean
  /**
   * The protocols that the client offers to change to, if it asks for an upgrade that may be passed
   * on; {@link block} has the fields that ask for it.
   */
  readonly upgrade: string | undefined
  /** Max-Forwards is 0: the load balancer must answer it itself (RFC 9110 §7.6.2). */
  readonly isForUs: boolean
}

/** The facts while they are being collected. */
export type RequestNotes = { -readonly [Name in keyof RequestFacts]: RequestFacts[Name] }

/** The facts of a request without fields. */
export function noFacts(): RequestNotes {
  return {
    block: '',
    contentLength: 0,
    host: undefined,
    hasTwoHosts: false,
    forwarded: undefined,
    forwardedFor: undefined,
    forwardedHost: undefined,
    forwardedPort: undefined,
    forwardedProto: undefined,
    requestId: undefined,
    expectsContinue: false,
    upgrade: undefined,
    isForUs: false,
  }
}

/**
 * Collects the facts of a request. Fields about other hosts are dropped if the peer is not trusted.
 */
export function readRequest(rawHeaders: readonly string[], isTrusted: boolean): RequestNotes {
  const facts = noFacts()
  let listed: Set<string> | undefined
  const kept: string[] = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    const value = rawHeaders[at + 1] as string
    const known = knownField(name)
    if (known === 'connection') listed = addListed(listed, value)
    // Read even if it is listed in Connection: the body is there in any case.
    else if (known === undefined || noteRequestField(known, value, facts, isTrusted)) {
      kept.push(name, value)
    }
  }
  facts.block = joinHeaders(withoutListed(kept, listed))
  return facts
}

/** Records a known field in `facts`; returns whether the worker gets it unchanged. */
export function noteRequestField(
  name: KnownField,
  value: string,
  facts: RequestNotes,
  isTrusted: boolean,
): boolean {
  switch (name) {
    case 'host':
      if (facts.host !== undefined) facts.hasTwoHosts = true
      facts.host ??= value
      return true
    case 'date':
    case 'max-forwards':
    case 'via':
      return true
    case 'expect':
      // The application decides whether it wants the body. Other expectations have been refused.
      facts.expectsContinue = true
      return true
    case 'content-length':
      if (facts.contentLength === 0) facts.contentLength = Number(value)
      return true
    case 'transfer-encoding':
      facts.contentLength = -1
      return false
    default:
      return isTrusted && keepsForwardedField(name, value, facts)
  }
}

/**
 * Likewise for the fields in which a trusted proxy describes its client and the original request.
 */
function keepsForwardedField(name: KnownField, value: string, facts: RequestNotes): boolean {
  switch (name) {
    case 'forwarded':
      // Repeated in X-Forwarded-*, because two descriptions of the same path could disagree.
      facts.forwarded = joinValues(facts.forwarded, value)
      return false
    case 'x-client-ip':
    case 'x-forwarded-*':
    case 'x-original-url':
    case 'x-real-ip':
    case 'x-rewrite-url':
      return true
    case 'x-forwarded-port':
      facts.forwardedPort ??= portOf(value)
      return false
    case 'x-forwarded-for':
      facts.forwardedFor = joinValues(facts.forwardedFor, value)
      return false
    case 'x-forwarded-host':
      facts.forwardedHost ??= firstItem(value)
      return false
    case 'x-forwarded-proto':
      facts.forwardedProto ??= schemeOf(value)
      return false
    case 'x-request-id':
      if (isRequestId(value)) facts.requestId ??= value
      return false
    default:
      return false
  }
}

/**
 * The complete header block for the worker. A chunked body is announced, because applications use
 * Transfer-Encoding to detect a body. The field is written here, so that it has no other codings.
 */
export function requestBlock(
  facts: RequestFacts,
  peer: Peer,
  { httpVersion, sendsVia, addsForwarded, ids, traceparent }: BlockFacts,
): string {
  const { block } = facts
  const forwarded = addsForwarded ? ownForwardedFields(facts, peer) : givenForwardedFields(facts)
  const coding = facts.contentLength < 0 ? '\nTransfer-Encoding\nchunked' : ''
  const via = sendsVia ? `\nVia\n${httpVersion} ${pseudonym}` : ''
  const id = ids === '' ? '' : `\n${ids}`
  const hasTrace = traceparent === undefined || traceField.test(block)
  const trace = hasTrace ? '' : `\ntraceparent\n${traceparent}`
  const added = `${forwarded}${coding}${id}${trace}${via}`
  return block === '' ? added.slice(1) : `${block}${added}`
}

/**
 * Adds the fields that describe the client and the original request. Each line begins with a line
 * feed.
 */
function ownForwardedFields(facts: RequestFacts, peer: Peer): string {
  const { host, forwardedHost, forwardedFor } = facts
  const proto = facts.forwardedProto ?? (peer.encrypted ? 'https' : 'http')
  let added = `\n${peer.forwardedFields}`
  if (peer.isTrusted) {
    // A proxy at a unix socket has no address to add.
    const chain =
      peer.address === unixClient ? forwardedFor : joinValues(forwardedFor, peer.address)
    const hops = chain === undefined ? '' : `\nX-Forwarded-For\n${chain}`
    added = `${hops}\nX-Forwarded-Proto\n${proto}`
  }
  const site = forwardedHost ?? host
  if (site !== undefined) added += `\nX-Forwarded-Host\n${site}`
  return `${added}\nX-Forwarded-Port\n${facts.forwardedPort ?? sitePort(site, proto)}`
}

/** Adds the fields of a trusted proxy as it sent them. Each line begins with a line feed. */
function givenForwardedFields(facts: RequestFacts): string {
  const { forwardedFor, forwardedProto, forwardedHost, forwardedPort } = facts
  let given = ''
  if (forwardedFor !== undefined) given += `\nX-Forwarded-For\n${forwardedFor}`
  if (forwardedProto !== undefined) given += `\nX-Forwarded-Proto\n${forwardedProto}`
  if (forwardedHost !== undefined) given += `\nX-Forwarded-Host\n${forwardedHost}`
  if (forwardedPort !== undefined) given += `\nX-Forwarded-Port\n${forwardedPort}`
  return given
}

/** What else to add to the block. */
export interface BlockFacts extends Pick<RequestHead, 'httpVersion'> {
  /** Whether to add this hop to `Via`. */
  readonly sendsVia: boolean
  /** Whether to add X-Forwarded-*. */
  readonly addsForwarded: boolean
  /** The fields with the id of the request, as a block; empty if there is to be none. */
  readonly ids: string
  /** For a request that has no `traceparent`; `undefined` if it needs none. */
  readonly traceparent: string | undefined
}

const traceField = /(?:^|\n)traceparent\n/i

function joinValues(first: string | undefined, second: string): string {
  return first === undefined ? second : `${first}, ${second}`
}

const requestId = /^[\w.:/+=-]{1,128}$/

/**
 * Whether the id of a proxy is taken over: it cannot break out of a header or of a line of a log.
 */
export function isRequestId(value: string): boolean {
  return requestId.test(value)
}

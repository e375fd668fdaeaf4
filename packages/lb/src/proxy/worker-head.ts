/** Creates the head of a request for its worker. */
import { randomBytes } from 'node:crypto'
import type { RequestHead } from '@resumelb/protocol'
import { unixClient } from '../http/peers.ts'
import { type RequestFacts, requestBlock } from '../http/request-fields.ts'
import { type RequestIdField, usualRequestIdName } from '../http/request-id.ts'
import type { RequestRecord } from './request-record.ts'
import type { Sessions } from './sessions.ts'

/** What to say about this hop and the client. */
export interface Telling {
  readonly sendsVia: boolean
  /** The field for the id of the request; `undefined` if there is to be none. */
  readonly requestIdField: RequestIdField | undefined
  readonly makesTraceparent: boolean
  /** Whether the client of a trusted proxy replaces the proxy, also in X-Forwarded-*. */
  readonly addsForwarded: boolean
  /** If requests have sessions. */
  readonly sessions: Sessions | undefined
}

/** `facts` are those of the request, completed with `Forwarded`. */
export function workerHead(
  record: RequestRecord,
  facts: RequestFacts,
  { sendsVia, requestIdField, makesTraceparent, addsForwarded, sessions }: Telling,
): RequestHead {
  const { id, requestClass, pick } = record
  const { request, peer } = record.http
  const { httpVersion } = request
  const remoteAddress = addsForwarded ? record.remoteAddress : peer.address
  const isDirect = remoteAddress === peer.address
  const proto = addsForwarded ? facts.forwardedProto : undefined
  const block = requestBlock(requestIdField?.takenFrom(facts) ?? facts, peer, {
    httpVersion,
    sendsVia,
    addsForwarded,
    ids: requestIdField?.blockOf(id, facts) ?? givenId(facts),
    traceparent: makesTraceparent ? newTraceparent() : undefined,
  })
  return {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    headers: sessions === undefined ? block : sessions.strip(block),
    requestClass,
    id,
    remoteAddress: remoteAddress === unixClient ? '' : remoteAddress,
    remotePort: isDirect ? peer.port : 0,
    encrypted: proto === undefined ? peer.encrypted : proto === 'https',
    httpVersion,
    units: pick.units,
    chain: pick.chain,
    standing: undefined,
  }
}

function givenId({ requestId }: RequestFacts): string {
  return requestId === undefined ? '' : `${usualRequestIdName}\n${requestId}`
}

/** W3C Trace Context: a trace that begins at this hop and is not sampled. */
function newTraceparent(): string {
  const hex = randomBytes(24).toString('hex')
  return `00-${hex.slice(0, 32)}-${hex.slice(32)}-00`
}

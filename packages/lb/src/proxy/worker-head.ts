/** The head of a request as its worker gets it. Pure. */
import type { RequestHead } from '@resumelb/protocol'
import { type RequestFacts, requestBlock } from '../http/request-fields.ts'
import type { RequestRecord } from './request-record.ts'

/** What the worker is told of this hop, and of the client before it. */
export interface Telling {
  readonly sendsVia: boolean
  /** Whether the client of a trusted proxy stands for the proxy, also in X-Forwarded-*. */
  readonly addsForwarded: boolean
}

/** `facts` are those of the request, with what `Forwarded` says. */
export function workerHead(
  record: RequestRecord,
  facts: RequestFacts,
  { sendsVia, addsForwarded }: Telling,
): RequestHead {
  const { id, requestClass } = record
  const { request, peer } = record.http
  const { httpVersion } = request
  const remoteAddress = addsForwarded ? record.remoteAddress : peer.address
  const isDirect = remoteAddress === peer.address
  const proto = addsForwarded ? facts.forwardedProto : undefined
  return {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    headers: requestBlock(facts, peer, { id, httpVersion, sendsVia, addsForwarded }),
    requestClass,
    id,
    remoteAddress,
    remotePort: isDirect ? peer.port : 0,
    encrypted: proto === undefined ? peer.encrypted : proto === 'https',
    httpVersion,
  }
}

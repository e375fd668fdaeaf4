/** The head of a request as its worker gets it. Pure. */
import type { RequestHead } from '@resumelb/protocol'
import { type RequestFacts, requestBlock } from '../http/request-fields.ts'
import type { RequestRecord } from './request-record.ts'

/** `facts` are those of the request, with what `Forwarded` says; `sendsVia`: it tells of this hop. */
export function workerHead(
  record: RequestRecord,
  facts: RequestFacts,
  sendsVia: boolean,
): RequestHead {
  const { id, requestClass, remoteAddress } = record
  const { request, peer } = record.http
  const { httpVersion } = request
  const isDirect = remoteAddress === peer.address
  return {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    headers: requestBlock(facts, peer, { id, httpVersion, sendsVia }),
    requestClass,
    id,
    remoteAddress,
    remotePort: isDirect ? peer.port : 0,
    encrypted:
      facts.forwardedProto === undefined ? peer.encrypted : facts.forwardedProto === 'https',
    httpVersion,
  }
}

/** What the load balancer adds to the responses for a request. Pure. */
import type { OwnFields } from '../http/response-fields.ts'
import type { ExchangeContext } from './exchange-owner.ts'
import type { RequestRecord } from './request-record.ts'

/** The fields for the response to a request. */
export function ownFieldsOf(
  { id }: Pick<RequestRecord, 'id'>,
  { sendsVia, requestIdField }: Pick<ExchangeContext, 'sendsVia' | 'requestIdField'>,
): OwnFields {
  return { sendsVia, requestIdName: requestIdField?.name ?? '', requestId: id }
}

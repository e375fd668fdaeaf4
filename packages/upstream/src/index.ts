/** The public names of @resumelb/upstream. */
export { ConnectionPool } from './connection-pool.ts'
export { UpstreamFault } from './fault.ts'
export { originOf, reasonOf } from './origin.ts'
export { Readiness } from './readiness.ts'
export { requestHead, type UpstreamRequestHead } from './request-head.ts'
export type { UpstreamResponseHead } from './response-head.ts'
export { UpstreamRequest, type UpstreamServer } from './upstream-request.ts'
export type { UpstreamRequestEvents } from './upstream-request-events.ts'

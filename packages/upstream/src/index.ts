/** The public names of @resumelb/upstream. */
export type { Connection, ConnectionUser } from './connection.ts'
export { ConnectionPool, unrepeatableIdle } from './connection-pool.ts'
export { UpstreamFault } from './fault.ts'
export { isToken, isValue } from './fields.ts'
export { originOf, reasonOf } from './origin.ts'
export { Readiness } from './readiness.ts'
export { requestHead, type UpstreamRequestHead } from './request-head.ts'
export type { UpstreamResponseHead } from './response-head.ts'

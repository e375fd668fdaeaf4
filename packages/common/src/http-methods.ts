/** What HTTP says about methods. */

/** Methods of requests that may be done twice (RFC 9110 §9.2.2). */
export const idempotentMethods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PUT',
  'DELETE',
])

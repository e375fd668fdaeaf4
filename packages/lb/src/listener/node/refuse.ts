/** Refuses requests that a Node server emits but the load balancer does not support. */
import type { ServerResponse } from 'node:http'
import { failures } from '../../http/failures.ts'

/** Refuses a request that is not HTTP/1, such as one of `node:http2`. */
export function refuseVersion(response: ServerResponse): void {
  const { status, message } = failures.UNSUPPORTED_VERSION
  response.shouldKeepAlive = false
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(`${message}\n`)
}

/** Refuses requests that a Node server emits but the load balancer does not support. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { failures } from '../../http/failures.ts'
import { reasonPhrase } from '../../http/h1-text.ts'

/** Refuses an upgrade, and ends the connection. */
export function refuseUpgrade(request: IncomingMessage, socket: Duplex): void {
  const { status, message } = failures.UNSUPPORTED_UPGRADE
  const body = `${message}\n`
  socket.on('error', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${status} ${reasonPhrase(status, '')}\r\nContent-Type: text/plain\r\n` +
      `Connection: close\r\nContent-Length: ${body.length}\r\n\r\n` +
      `${request.method === 'HEAD' ? '' : body}`,
  )
}

/** Refuses a request that is not HTTP/1, such as one of `node:http2`. */
export function refuseVersion(response: ServerResponse): void {
  const { status, message } = failures.UNSUPPORTED_VERSION
  response.shouldKeepAlive = false
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(`${message}\n`)
}

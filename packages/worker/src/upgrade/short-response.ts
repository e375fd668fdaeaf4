/** Responses to requests for an upgrade that are not upgraded. */
import type { Duplex } from 'node:stream'

/** Answers a request for an upgrade with a status and nothing else, and ends the connection. */
export function respondShortly(socket: Duplex, status: string): void {
  const body = `${status.slice(4)}\n`
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Connection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
}

/** Answers a request for an upgrade that the application does not take. */
export function refuseUpgrade(socket: Duplex): void {
  respondShortly(socket, '501 Not Implemented')
}

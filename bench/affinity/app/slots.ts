/**
 * At most so many requests at once; the others wait in order. What resumelb's worker does by
 * itself.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

/** Requests that may wait; more are refused with 503. */
const waitingLimit = 4096

/** Limits a request listener to `concurrency` requests at once. */
export function withSlots(concurrency: number, listener: RequestListener): RequestListener {
  const waiting: (() => void)[] = []
  let running = 0

  function start(request: IncomingMessage, response: ServerResponse): void {
    running++
    response.once('close', () => {
      running--
      waiting.shift()?.()
    })
    listener(request, response)
  }

  return (request, response) => {
    if (running < concurrency) start(request, response)
    else if (waiting.length >= waitingLimit) response.writeHead(503).end()
    else {
      waiting.push(() => {
        if (response.destroyed) waiting.shift()?.()
        else start(request, response)
      })
    }
  }
}

/** The body of a request of HTTP/2: like its stream, but it ends only when it is whole. */
import type { ServerHttp2Stream } from 'node:http2'
import { Readable } from 'node:stream'
import type { RequestBody } from '../../http/http-exchange.ts'

/** Opens the body, of which nothing is read until it is needed. */
export function openBody(stream: ServerHttp2Stream): RequestBody {
  const body = Object.assign(new Readable({ read: () => stream.resume() }), {
    rawTrailers: [] as string[],
    // The end may have come with the head.
    complete: stream.state.remoteClose === 1,
  })
  watchEnd(stream, () => {
    body.complete = true
  })
  stream.pause()
  stream.on('data', (chunk: Buffer) => {
    if (!(body.destroyed || body.push(chunk))) stream.pause()
  })
  stream.on('trailers', (_headers, _flags, ...[raw]: [rawTrailers?: string[]]) => {
    body.rawTrailers = raw ?? []
  })
  stream.on('end', () => {
    if (body.complete) body.push(null)
    else stream.destroy()
  })
  return body
}

/**
 * Calls back when the client has ended its side. A stream also ends when it is reset, which must
 * not be taken for the end of the body: by then, it is closed.
 */
function watchEnd(stream: ServerHttp2Stream, onEnd: () => void): void {
  const push = stream.push.bind(stream)
  stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (chunk === null && !stream.closed) onEnd()
    return push(chunk, encoding)
  }
}

/**
 * What is known here of the inside of node:http, to leave out unneeded work. Each part but
 * the last has no effect if Node changes. `bench/cost.ts` shows what they save.
 */
import { type IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** The internals of a response that are used here. */
interface Inside {
  _header?: unknown
}

/**
 * Whether {@link addLines} may be used after the head has been set: no other code has added fields
 * to this response or replaced its `writeHead`, and Node keeps the head as the text that it sends.
 */
export function keepsHeadAsText(response: ServerResponse): boolean {
  return (
    isTextKept &&
    response.writeHead === ServerResponse.prototype.writeHead &&
    response.getHeaderNames().length === 0
  )
}

const isTextKept = isTextKeptByNode()

function isTextKeptByNode(): boolean {
  const request = new IncomingMessage(undefined as never)
  const response = new ServerResponse(request).writeHead(200, ['Content-Length', '0'])
  const { _header: head } = response as unknown as Inside
  return typeof head === 'string' && /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n$/s.test(head)
}

/**
 * Adds lines of fields to a head that has just been set. Node would examine each field of a list
 * several times, which costs more than everything else about a head.
 */
export function addLines(response: ServerResponse, lines: string): void {
  const inside = response as unknown as { _header: string }
  inside._header = `${inside._header.slice(0, -2)}${lines}\r\n`
}

/**
 * Ends a response with a known length whose head is set. Node would write the head with the body,
 * and then the end as an empty chunk: two chunks for the kernel. Text that is already part of the
 * head is sent with it as one.
 */
export function endWithText(response: ServerResponse, text: string): void {
  const inside = response as unknown as Inside
  if (typeof inside._header === 'string' && !response.chunkedEncoding) {
    inside._header += text
    response.end()
  } else {
    response.end(text, 'latin1')
  }
}

/**
 * Sends a head before any part of the body, as latin1. Node's `flushHeaders` would send it as
 * UTF-8, with two bytes for each character that is not ASCII.
 */
export function sendHead(response: ServerResponse): void {
  const inside = response as unknown as { _send?: (text: string, encoding: string) => unknown }
  if (typeof inside._send === 'function') inside._send('', 'latin1')
  else response.flushHeaders()
}

/** Whether 100 (Continue) has been sent. */
export function hasAskedForBody(response: ServerResponse): boolean {
  return (response as unknown as { _sent100?: boolean })._sent100 === true
}

/**
 * Sends an interim response. Node has methods for three of them, one of which restricts its
 * content. If Node changes, such responses are dropped: nothing depends on them.
 */
export function sendInterim(response: ServerResponse, text: string): void {
  const inside = response as unknown as { _writeRaw?: (text: string, encoding: string) => unknown }
  inside._writeRaw?.(text, 'latin1')
}

/**
 * Marks a request without a body as not read. Otherwise Node makes its stream flow, with its end
 * and its destruction, after the response.
 */
export function leaveUnread(request: IncomingMessage): void {
  const inside = request as unknown as { _consumed?: unknown }
  if (inside._consumed === false) inside._consumed = true
}

/**
 * Says that a request is read, and goes on being read after its response. Node notes that when it
 * is asked for more than has come. A reader that was made to pause before that would lose the rest.
 */
export function keepReading(request: IncomingMessage): void {
  const inside = request as unknown as { _consuming?: unknown }
  if (inside._consuming === false) inside._consuming = true
}

/** The fields as Node's listeners get them: by lower-case name, joined by its rules. */
export function headersOf(rawHeaders: readonly string[], socket: Socket): IncomingHttpHeaders {
  const message = new IncomingMessage(socket)
  const inside = message as unknown as {
    _addHeaderLines(raw: readonly string[], length: number): void
  }
  inside._addHeaderLines(rawHeaders, rawHeaders.length)
  return message.headers
}

/** The response that a server of Node is sending on a connection; `null` if there is none. */
export function responseInProgress(socket: Duplex): ServerResponse | null {
  return (socket as { _httpMessage?: ServerResponse | null })._httpMessage ?? null
}

/** The response for handlers: Node's own class, whose output goes to a stream. */
import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Chunk } from './chunk.ts'
import type { RequestSocket } from './request-socket.ts'
import { type Callback, ResponseOutput } from './response-output.ts'
import type { ResponseTarget } from './response-target.ts'

/**
 * A `ServerResponse` of which only the output is replaced. Frameworks (Express) replace the
 * prototype by one that inherits from Node's, so the replaced methods are own properties.
 */
export class WorkerResponse extends ServerResponse {
  /** Not for handlers. */
  readonly _output: ResponseOutput
  readonly _storeHeader: typeof storeHeader = storeHeader
  readonly _send: typeof send = send
  readonly _writeRaw: typeof writeRaw = writeRaw

  constructor(request: IncomingMessage, socket: RequestSocket, target: ResponseTarget) {
    super(request)
    this._output = new ResponseOutput(this, target)
    // Node declares several overloads of these; the functions below accept them all.
    const own = this as unknown as Record<'write' | 'end' | 'socket', unknown>
    own.write = write
    own.end = end
    own.socket = socket
    // For an HTTP/1.0 request, Node says false. Whether the connection stays is up to the load
    // balancer.
    this.shouldKeepAlive = true
  }
}

// What frameworks and test tools print or compare.
Object.defineProperty(WorkerResponse.prototype, 'constructor', { value: ServerResponse })

/** Called by Node with the arguments of `setHeader` or `writeHead`. */
function storeHeader(this: WorkerResponse, _firstLine: string, headers: unknown): void {
  this._output.storeHead(headers)
}

/** Called by Node from `flushHeaders`. */
function send(this: WorkerResponse): boolean {
  this._output.sendHead()
  return true
}

/** Called by Node with the text of interim responses (100, 102, 103). */
function writeRaw(
  this: WorkerResponse,
  text: string,
  _encoding: string,
  callback?: Callback,
): void {
  this._output.inform(text)
  if (callback) process.nextTick(callback)
}

function write(
  this: WorkerResponse,
  chunk: Chunk,
  encoding?: BufferEncoding | Callback,
  callback?: Callback,
): boolean {
  return typeof encoding === 'function'
    ? this._output.write(chunk, undefined, encoding)
    : this._output.write(chunk, encoding, callback)
}

function end(
  this: WorkerResponse,
  chunk?: Chunk | Callback | null,
  encoding?: BufferEncoding | Callback,
  callback?: Callback,
): WorkerResponse {
  if (typeof chunk === 'function') this._output.end(undefined, undefined, chunk)
  else if (typeof encoding === 'function') this._output.end(chunk, undefined, encoding)
  else this._output.end(chunk, encoding, callback)
  return this
}

/** The request as handlers know it: Node's own class, whose fields are taken apart when asked for. */
import { IncomingMessage } from 'node:http'
import { type RequestHead, splitHeaders } from '@resumelb/protocol'
import type { RequestSocket } from './request-socket.ts'
import { symbolNamed } from './symbol-named.ts'

export class WorkerRequest extends IncomingMessage {
  readonly #head: RequestHead

  constructor(head: RequestHead, socket: RequestSocket) {
    super(socket.asSocket)
    this.#head = head
    this.method = head.method
    this.url = head.url
    this.httpVersion = head.httpVersion
    this.httpVersionMajor = 1
    this.httpVersionMinor = head.httpVersion === '1.0' ? 0 : 1
    // On the message itself, because frameworks (Express) replace its prototype.
    Object.defineProperty(this, 'rawHeaders', lazyRawHeaders)
  }

  /** Takes the fields apart. A static method, for the same reason. */
  static split(message: WorkerRequest): string[] {
    return splitHeaders(message.#head.headers)
  }
}

// Node's constructor sets an empty list, which must not become a property of the message.
Object.defineProperty(WorkerRequest.prototype, 'rawHeaders', {
  configurable: true,
  get: () => [],
  set: () => undefined,
})

/** Key of the number of entries of `rawHeaders` that Node makes `headers` of. */
const headersCount = symbolNamed(new IncomingMessage(undefined as never), 'kHeadersCount')

/** Becomes a plain property with its first use. */
const lazyRawHeaders: PropertyDescriptor & ThisType<WorkerRequest> = {
  configurable: true,
  enumerable: true,
  get() {
    const fields = WorkerRequest.split(this)
    ;(this as unknown as Record<symbol, number>)[headersCount] = fields.length
    defineRawHeaders(this, fields)
    return fields
  },
  set(fields: string[]) {
    defineRawHeaders(this, fields)
  },
}

function defineRawHeaders(message: WorkerRequest, value: string[]): void {
  Object.defineProperty(message, 'rawHeaders', {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  })
}

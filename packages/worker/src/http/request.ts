/** The request for handlers: Node's own class, with fields that are parsed on demand. */
import { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { type RequestHead, splitHeaders } from '@resumelb/protocol'
import { symbolNamed } from './symbol-named.ts'

export class WorkerRequest extends IncomingMessage {
  readonly #head: RequestHead
  // biome-ignore lint/style/useReadonlyClassProperties: a static method assigns it
  #rawHeaders: string[] | undefined

  constructor(head: RequestHead, socket: Socket) {
    super(socket)
    this.#head = head
    this.method = head.method
    this.url = head.url
    const isOld = head.httpVersion === '1.0'
    // Also if the client uses HTTP/2: these objects have the semantics of HTTP/1.1.
    this.httpVersion = isOld ? '1.0' : '1.1'
    this.httpVersionMajor = 1
    this.httpVersionMinor = isOld ? 0 : 1
    // On the message itself, because frameworks (Express) replace its prototype.
    Object.defineProperty(this, 'rawHeaders', lazyRawHeaders)
  }

  /** Parses the fields on first use. A static method, for the same reason. */
  static rawHeaders(message: WorkerRequest): string[] {
    if (message.#rawHeaders === undefined) {
      WorkerRequest.setRawHeaders(message, splitHeaders(message.#head.headers))
    }
    return message.#rawHeaders as string[]
  }

  static setRawHeaders(message: WorkerRequest, fields: string[]): void {
    message.#rawHeaders = fields
    ;(message as unknown as Record<symbol, number>)[headersCount] = fields.length
  }
}

// What frameworks and test tools print or compare.
Object.defineProperty(WorkerRequest.prototype, 'constructor', { value: IncomingMessage })

// Node's constructor sets an empty list, which must not become a property of the message.
Object.defineProperty(WorkerRequest.prototype, 'rawHeaders', {
  configurable: true,
  get: () => [],
  set: () => undefined,
})

/** Key of the number of entries of `rawHeaders` from which Node creates `headers`. */
const headersCount = symbolNamed(new IncomingMessage(undefined as never), 'kHeadersCount')

/** Stays an accessor: a property that changes its kind would make the whole message slow. */
const lazyRawHeaders: PropertyDescriptor & ThisType<WorkerRequest> = {
  configurable: true,
  enumerable: true,
  get() {
    return WorkerRequest.rawHeaders(this)
  },
  set(fields: string[]) {
    WorkerRequest.setRawHeaders(this, fields)
  },
}

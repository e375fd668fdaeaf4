/** A plain request as classifiers and logs look at it: fields are made of its head when they do. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import { fieldOf } from '@resumelb/protocol'
import { special } from '../exchange/special-name.ts'
import type { RequestView } from './client.ts'
import { firstOf } from './lines.ts'
import { headersOf } from './node-http.ts'
import { type PlainHead, rawHeadersOf } from './plain-head.ts'

export class PlainRequest implements RequestView {
  readonly method: string
  readonly url: string
  readonly socket: Socket
  readonly #head: PlainHead
  #rawHeaders: string[] | undefined
  #headers: IncomingHttpHeaders | undefined

  constructor(head: PlainHead, socket: Socket) {
    this.method = head.method
    this.url = head.url
    this.socket = socket
    this.#head = head
  }

  get httpVersion(): string {
    return '1.1'
  }

  get httpVersionMajor(): number {
    return 1
  }

  get httpVersionMinor(): number {
    return 1
  }

  field(lowerCaseName: string): string | undefined {
    const { block, host } = this.#head.facts
    if (lowerCaseName === 'host') return host
    // The block for the worker has all fields but some of the special ones.
    if (special(lowerCaseName) === undefined) return fieldOf(block, lowerCaseName)
    return firstOf(this.rawHeaders, lowerCaseName)
  }

  get rawHeaders(): string[] {
    this.#rawHeaders ??= rawHeadersOf(this.#head)
    return this.#rawHeaders
  }

  get headers(): IncomingHttpHeaders {
    this.#headers ??= headersOf(this.rawHeaders, this.socket)
    return this.#headers
  }
}

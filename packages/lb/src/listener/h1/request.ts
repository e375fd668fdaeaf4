/** A request as classifiers and logs see it; its fields are parsed on demand. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import { firstValueOf } from '@resumelb/common'
import { fieldOf } from '@resumelb/protocol'
import { knownField } from '../../http/known-fields.ts'
import type { RequestView } from '../../http/request-view.ts'
import { headersOf } from '../node/internals.ts'
import { type H1Head, rawHeadersOf } from './head-parser.ts'

export class H1Request implements RequestView {
  readonly method: string
  readonly url: string
  readonly socket: Socket
  readonly #head: H1Head
  #rawHeaders: string[] | undefined
  #headers: IncomingHttpHeaders | undefined

  constructor(head: H1Head, socket: Socket) {
    this.method = head.method
    this.url = head.url
    this.socket = socket
    this.#head = head
  }

  get httpVersion(): string {
    return `1.${this.#head.minorVersion}`
  }

  field(lowerCaseName: string): string | undefined {
    const { facts, rawHeaders } = this.#head
    if (lowerCaseName === 'host') return facts.host
    // The block of a plain request for the worker has all fields except some of the known ones.
    if (rawHeaders === undefined && knownField(lowerCaseName) === undefined) {
      return fieldOf(facts.block, lowerCaseName)
    }
    return firstValueOf(this.rawHeaders, lowerCaseName)
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

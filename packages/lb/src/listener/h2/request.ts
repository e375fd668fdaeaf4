/** A request of HTTP/2 as classifiers and logs look at it. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import { firstValueOf } from '@resumelb/common'
import type { RequestView } from '../../http/request-view.ts'
import { headersOf } from '../node/internals.ts'
import type { H2Head } from './request-head.ts'

export class H2Request implements RequestView {
  readonly method: string
  readonly url: string
  readonly httpVersion = '2.0'
  readonly rawHeaders: readonly string[]
  readonly socket: Socket
  #headers: IncomingHttpHeaders | undefined

  constructor({ method, url, rawHeaders }: H2Head, socket: Socket) {
    this.method = method
    this.url = url
    this.rawHeaders = rawHeaders
    this.socket = socket
  }

  field(lowerCaseName: string): string | undefined {
    return firstValueOf(this.rawHeaders, lowerCaseName)
  }

  get headers(): IncomingHttpHeaders {
    this.#headers ??= headersOf(this.rawHeaders, this.socket)
    return this.#headers
  }
}

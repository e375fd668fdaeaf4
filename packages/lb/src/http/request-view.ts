/** A request as classifiers, logs and library users see it. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'

/** The head of a request. An incoming message of `node:http` is one. */
export interface RequestView {
  readonly method?: string | undefined
  /** The path and the query, or an asterisk. */
  readonly url?: string | undefined
  /** Such as `1.1`. */
  readonly httpVersion: string
  /** The fields by lower-case name, joined as in Node. Created on first use. */
  readonly headers: IncomingHttpHeaders
  /** Names and values as received, alternating. */
  readonly rawHeaders: readonly string[]
  /** The client's connection. */
  readonly socket: Socket
  /** The first value of a header field, if that is cheaper than searching all fields. */
  field?(lowerCaseName: string): string | undefined
}

/** A request as classifiers, logs and other users of it see it. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'

/** A request as far as its head tells. What `node:http` calls an incoming message is one. */
export interface RequestView {
  readonly method?: string | undefined
  /** The path and the query, or an asterisk. */
  readonly url?: string | undefined
  /** Such as `1.1`. */
  readonly httpVersion: string
  /** The fields under lower-case names, joined as Node does. Made when they are first looked at. */
  readonly headers: IncomingHttpHeaders
  /** Names and values as they came, in turn. */
  readonly rawHeaders: readonly string[]
  /** The client's connection. */
  readonly socket: Socket
  /** The first value of a header field, if there is a cheaper way than to look through all. */
  field?(lowerCaseName: string): string | undefined
}

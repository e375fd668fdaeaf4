/** The header field that carries the id of a request. Pure. */
import { OptionError } from '@resumelb/common'
import { fieldOf } from '@resumelb/protocol'
import { withoutField } from './cookies.ts'
import { knownField } from './known-fields.ts'
import { isRequestId, type RequestFacts } from './request-fields.ts'

/** Its name, unless the operator chooses another. */
export const usualRequestIdName: string = 'X-Request-Id'

const token = /^[\w!#$%&'*+.^`|~-]{1,128}$/

/** Throws an {@link OptionError} if ids cannot have a field of that name. */
export function checkRequestIdName(name: string, option: string): void {
  const known = knownField(name)
  if (token.test(name) && (known === undefined || known === 'x-request-id')) return
  throw new OptionError(option, 'the name of a header that has no other meaning', name)
}

export class RequestIdField {
  /** As it is written. */
  readonly name: string
  /** In lower case; `undefined` for X-Request-Id, which the parsers of heads read and take out. */
  readonly #other: string | undefined

  constructor(name: string) {
    const lowerCase = name.toLowerCase()
    this.name = name
    this.#other = lowerCase === usualRequestIdName.toLowerCase() ? undefined : lowerCase
  }

  /** The id that a trusted proxy has given the request; `undefined` if there is none. */
  idIn({ requestId, block }: RequestFacts, isTrusted: boolean): string | undefined {
    if (this.#other === undefined) return requestId
    const given = isTrusted ? fieldOf(block, this.#other) : undefined
    return given !== undefined && isRequestId(given) ? given : undefined
  }

  /**
   * The facts of a request without this field, trusted peer or not. If ids have another field,
   * X-Request-Id is like any other.
   */
  takenFrom(facts: RequestFacts): RequestFacts {
    if (this.#other === undefined) return facts
    return { ...facts, block: withoutField(facts.block, this.#other) }
  }

  /**
   * The fields with ids for the worker: names and values, each ended by a line feed but for the
   * last.
   */
  blockOf(id: string, { requestId }: RequestFacts): string {
    const own = `${this.name}\n${id}`
    if (this.#other === undefined || requestId === undefined) return own
    return `${own}\n${usualRequestIdName}\n${requestId}`
  }
}

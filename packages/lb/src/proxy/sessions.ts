/** Which worker a client's session names, and how clients hear of it. */
import { createHmac } from 'node:crypto'
import { readHeader } from '../classify/attribute.ts'
import { cookieIn, setCookie, withoutCookie, withoutField } from '../http/cookies.ts'
import type { RequestView } from '../http/request-view.ts'
import type { PickArgs } from '../pool/pick.ts'
import { checkSticky, type StickyOptions } from '../sticky-options.ts'

/**
 * The key of the hash if there is no secret: then a client that guesses an address can check the
 * guess.
 */
const publicKey = 'resumelb'

/** Characters of an id, each of 6 bits. */
const idLength = 16

/** Ids that are kept: more workers than a load balancer ever has. */
const maxIds = 10_000

/** What is known of a request when its response begins. */
export interface AnsweredRequest {
  /** The address of its worker. */
  readonly worker: string
  readonly pick: PickArgs
}

export class Sessions {
  readonly #cookie: string | undefined
  readonly #header: string | undefined
  readonly #headerField: string
  readonly #maxAge: number | undefined
  readonly #key: string
  readonly #ids = new Map<string, string>()

  constructor({ cookie, header, maxAge, secret }: StickyOptions) {
    this.#cookie = cookie
    this.#header = header
    this.#headerField = header?.toLowerCase() ?? ''
    this.#maxAge = maxAge
    this.#key = secret || publicKey
  }

  /**
   * The id of the worker with that address: the same after every restart and in every load balancer
   * with the same secret.
   */
  readonly idOf = (address: string): string => {
    const known = this.#ids.get(address)
    if (known !== undefined) return known
    const hash = createHmac('sha256', this.#key).update(address).digest('base64url')
    const id = hash.slice(0, idLength)
    if (this.#ids.size >= maxIds) this.#ids.clear()
    this.#ids.set(address, id)
    return id
  }

  /** The pick with the session that the request names, if it names one. */
  pick(request: RequestView, pick: PickArgs): PickArgs {
    const session = this.#namedIn(request)
    return session === undefined ? pick : { ...pick, session }
  }

  /**
   * The header block of a request without what names the session: that is not the application's.
   */
  strip(block: string): string {
    let rest = block
    if (this.#cookie !== undefined && block.includes(`${this.#cookie}=`)) {
      rest = withoutCookie(rest, this.#cookie)
    }
    return this.#header === undefined ? rest : withoutField(rest, this.#headerField)
  }

  /**
   * Lines for the head of the response that tell the client of its worker. Caches that several
   * clients share must not store a response that sets a cookie.
   */
  responseLines({ worker, pick }: AnsweredRequest, isSecure: boolean): string {
    const id = this.idOf(worker)
    let lines = this.#header === undefined ? '' : `${this.#header}: ${id}\r\n`
    if (this.#cookie !== undefined && pick.session !== id) {
      const cookie = setCookie(this.#cookie, id, { isSecure, maxAge: this.#maxAge })
      lines += `Set-Cookie: ${cookie}\r\nCache-Control: private\r\n`
    }
    return lines
  }

  #namedIn(request: RequestView): string | undefined {
    const header = this.#header && readHeader(request, this.#headerField)
    if (header) return header
    if (this.#cookie === undefined) return undefined
    return cookieIn(readHeader(request, 'cookie') ?? '', this.#cookie)
  }
}

/** The sessions that the options ask for. Throws an `OptionError` if the options are bad. */
export function sessionsOf(options: StickyOptions | undefined): Sessions | undefined {
  if (options === undefined) return undefined
  checkSticky(options)
  return new Sessions(options)
}

/** Facts about a request besides HTTP, for handlers. */
import type { IncomingMessage } from 'node:http'
import type { Chain, RequestHead } from '@resumelb/protocol'
import type { ExchangeListener } from './exchange-listener.ts'

/** `request.resumelb`: what a worker knows about a request. */
export interface RequestFacts {
  /** Unique among the requests of all load balancers. */
  readonly id: string
  readonly requestClass: string
  /** The size of the request in the units of the classifier; `undefined` if it gave none. */
  readonly units: number | undefined
  /** The hashes of the names that the classifier gave, from the general to the specific. */
  readonly chain: Chain | undefined
  /**
   * The worker has sent the request itself, to fill the caches of the application before it takes
   * requests of clients. The response is discarded.
   */
  readonly isWarmUp: boolean
  /**
   * Says how many leading links of {@link chain} the caches of the application were warm for, if it
   * knows that: otherwise the worker estimates it from the time that the request takes. Throws a
   * RangeError unless `depth` is a number from 0.
   */
  warm(depth: number): void
  /** Writes a record to the trace log, if there is one; `code` is a character, by default `-`. */
  trace(text: string, code?: string): void
}

export interface WithFacts {
  resumelb: RequestFacts
}

/** A request as handlers get it. */
export type HandlerRequest = IncomingMessage & Readonly<WithFacts>

export class Facts implements RequestFacts {
  readonly #head: RequestHead
  readonly #listener: ExchangeListener

  constructor(head: RequestHead, listener: ExchangeListener) {
    this.#head = head
    this.#listener = listener
  }

  get id(): string {
    return this.#head.id
  }

  get requestClass(): string {
    return this.#head.requestClass
  }

  get units(): number | undefined {
    return this.#head.units
  }

  get chain(): Chain | undefined {
    return this.#head.chain
  }

  get isWarmUp(): boolean {
    return this.#listener.isWarmUp
  }

  warm(depth: number): void {
    if (!(depth >= 0)) throw new RangeError(`Expected a depth from 0, got ${depth}`)
    this.#listener.onWarm(depth)
  }

  trace(text: string, code?: string): void {
    this.#listener.onNote(text, code)
  }
}

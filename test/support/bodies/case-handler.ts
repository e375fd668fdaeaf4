/** A handler that follows the plans of cases, and notes what it sees. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type BodyCase, bytesOf, type Plan } from './body-case.ts'
import { readBody, type Take } from './read-body.ts'

/** What a handler saw of one request. */
export interface Sight {
  /** Of the head: what tells of the body. */
  readonly framing: readonly unknown[]
  /** Events of the request, up to the end of its response unless the body ended later. */
  readonly requestEvents: readonly string[]
  readonly responseEvents: readonly string[]
  /** Bytes that were read. */
  readonly bytes: number
  /** Whether they are the beginning of what was sent. */
  readonly isPrefix: boolean
  /** How reading ended: `end`, `stopped`, or the code of an error. */
  readonly reading: string
  /** The message, afterwards. */
  readonly state: Pick<IncomingMessage, 'complete' | 'aborted' | 'readableEnded' | 'trailers'>
}

/** One request at a handler, as it goes. */
export class Visit {
  readonly #case: BodyCase
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #requestEvents: string[] = []
  readonly #responseEvents: string[] = []
  readonly #chunks: Buffer[] = []
  readonly #framing: unknown[]
  #reading = 'no end'
  /** Resolves when the handler has done all that it does. */
  readonly done: Promise<void>
  readonly closed: Promise<unknown>
  /** Resolves when the request is over, which may be later than its response. */
  readonly requestClosed: Promise<unknown>

  constructor(bodyCase: BodyCase, request: IncomingMessage, response: ServerResponse) {
    this.#case = bodyCase
    this.#request = request
    this.#response = response
    const { headers } = request
    this.#framing = [headers['content-length'], headers['transfer-encoding'], request.complete]
    this.#watch()
    this.closed = once(response, 'close')
    this.requestClosed = new Promise((resolve) => request.once('close', resolve))
    this.done = this.#follow(bodyCase.plan)
  }

  /** Whether the handler itself has given the request up. */
  get hasBroken(): boolean {
    const { stop, reader } = this.#case.plan
    return this.#reading === 'stopped' && (stop === 'destroy' || reader === 'pipeline')
  }

  get sight(): Sight {
    const request = this.#request
    const read = Buffer.concat(this.#chunks)
    const sent = bytesOf(this.#case.body)
    const { complete, aborted, readableEnded, trailers } = request
    return {
      framing: this.#framing,
      requestEvents: this.#requestEvents,
      responseEvents: this.#responseEvents,
      bytes: read.length,
      isPrefix: read.equals(sent.subarray(0, read.length)),
      reading: this.#reading,
      state: { complete, aborted, readableEnded, trailers: { ...trailers } },
    }
  }

  #watch(): void {
    for (const event of ['end', 'close', 'aborted']) {
      this.#request.on(event, () => this.#requestEvents.push(event))
    }
    this.#request.on('error', (error) => this.#requestEvents.push(`error ${codeOf(error)}`))
    for (const event of ['finish', 'close']) {
      this.#response.on(event, () => this.#responseEvents.push(event))
    }
  }

  async #follow(plan: Plan): Promise<void> {
    if (plan.delay > 0) await pause(plan.delay)
    if (plan.answers === 'first') this.#answer()
    this.#reading = await this.#read(plan)
    if (plan.answers === 'last') this.#answer()
  }

  async #read(plan: Plan): Promise<string> {
    let hasStopped = false
    const enough = plan.stopsAfter * this.#case.body.size
    let nextRest = 100_000
    let bytes = 0
    const take: Take = (chunk) => {
      this.#chunks.push(chunk)
      bytes += chunk.length
      hasStopped = plan.stopsAfter < 1 && bytes >= enough
      if (hasStopped) return Promise.resolve(true)
      if (!plan.rests || bytes < nextRest) return false
      nextRest = bytes + 100_000
      return pause(1).then(() => false)
    }
    // Who comes after the end of everything is not told of it again.
    if (this.#request.destroyed) return 'too late'
    try {
      await readBody[plan.reader](this.#request, take, plan)
    } catch (error) {
      if (!hasStopped) return codeOf(error)
    }
    if (hasStopped && plan.stop === 'destroy') this.#request.destroy()
    return hasStopped ? 'stopped' : 'end'
  }

  #answer(): void {
    this.#response.end('answer')
  }
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code ?? error)
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

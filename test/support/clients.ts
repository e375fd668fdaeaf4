/** HTTP clients for end-to-end tests. */
import { Agent, type IncomingHttpHeaders, type RequestOptions, request } from 'node:http'
import { until } from '@resumelb/common/testing'
import { onTestFinished } from 'vitest'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Sends a request and reads the whole answer; rejects if it breaks off. */
export function ask(
  port: number,
  path: string,
  options: RequestOptions = {},
  body?: string | Buffer,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, ...options })
    sent.on('error', reject)
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
      })
    })
    sent.end(body)
  })
}

/** Connections that are used again, until the end of the test. */
export function keepAlive(maxSockets: number): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets })
  onTestFinished(() => agent.destroy())
  return agent
}

/** What has become of the requests of a load. */
export interface Tally {
  /** Answers by status. */
  readonly statuses: Map<number, number>
  /** Requests without an answer, by error code. */
  readonly errors: Map<string, number>
}

/** Keeps so many requests in progress until told to stop. */
export class Load {
  readonly tally: Tally = { statuses: new Map(), errors: new Map() }
  readonly #loops: Promise<void>[]
  #isOver = false

  constructor(concurrency: number, send: () => Promise<Answer>) {
    this.#loops = Array.from({ length: concurrency }, () => this.#loop(send))
    // A test that fails does not stop it.
    onTestFinished(() => {
      this.#isOver = true
    })
  }

  get answers(): number {
    return [...this.tally.statuses.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Resolves when so many more requests have been answered. */
  async more(count: number): Promise<void> {
    const goal = this.answers + count
    await until(
      () => this.answers >= goal,
      () => `${count} more answers; there are ${this}`,
      120_000,
    )
  }

  /** Lets the requests in progress end. */
  async stop(): Promise<Tally> {
    this.#isOver = true
    await Promise.all(this.#loops)
    return this.tally
  }

  toString(): string {
    return JSON.stringify([[...this.tally.statuses], [...this.tally.errors]])
  }

  async #loop(send: () => Promise<Answer>): Promise<void> {
    while (!this.#isOver) {
      try {
        const { status } = await send()
        count(this.tally.statuses, status)
      } catch (error) {
        count(this.tally.errors, (error as NodeJS.ErrnoException).code ?? String(error))
        // One that is thrown at once would let nothing else happen in this process.
        await new Promise(setImmediate)
      }
    }
  }
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** Keep-alive connections to the load balancers: one request at a time on each. */
import { Client } from 'undici'
import type { Ending } from './tally.ts'

/** Milliseconds without a byte of the answer before a request is given up. */
const answerLimit = 30_000

export class Connections {
  readonly #origin: string
  readonly #free: Client[] = []
  readonly #all = new Set<Client>()
  readonly #limit: number

  /** At most `limit` requests at once: more than that are refused right here. */
  constructor(port: number, limit: number) {
    this.#origin = `http://127.0.0.1:${port}`
    this.#limit = limit
  }

  /** Asks for a path and calls `done` exactly once. */
  ask(tenant: string, path: string, done: (ending: Ending) => void): void {
    const client = this.#free.pop() ?? this.#open()
    if (client === undefined) {
      done({ is: 'shed', why: 'too many at once' })
      return
    }
    let status = 0
    let served = ''
    const finish = (ending: Ending): void => {
      if (this.#all.has(client)) this.#free.push(client)
      done(ending)
    }
    client.dispatch(
      { method: 'GET', path, headers: { host: tenant } },
      {
        onRequestStart() {},
        onResponseStart(_controller, code, headers) {
          status = code
          served = String(headers['x-served'] ?? '')
        },
        onResponseData() {},
        onResponseEnd() {
          if (status === 200) finish({ is: 'answered', tenant, served })
          else finish({ is: 'shed', why: String(status) })
        },
        onResponseError(_controller, error) {
          finish({ is: 'shed', why: 'code' in error ? String(error.code) : error.name })
        },
      },
    )
  }

  /** Closes all connections; what is in progress ends with an error. */
  async destroy(): Promise<void> {
    const clients = [...this.#all]
    this.#all.clear()
    await Promise.all(clients.map((client) => client.destroy()))
  }

  #open(): Client | undefined {
    if (this.#all.size >= this.#limit) return undefined
    const client = new Client(this.#origin, {
      pipelining: 1,
      headersTimeout: answerLimit,
      bodyTimeout: answerLimit,
    })
    this.#all.add(client)
    return client
  }
}

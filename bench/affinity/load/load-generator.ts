/** Our end of the load generator's process. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Job, Order, Result } from './job.ts'

const program = fileURLToPath(new URL('./generator.ts', import.meta.url))

export class LoadGenerator {
  readonly #child: ChildProcess

  constructor() {
    this.#child = fork(program, { execArgv: ['--import', 'tsx'] })
  }

  /** Does one job; there is one at a time. */
  async run(job: Job): Promise<Result> {
    const ended = new AbortController()
    const { signal } = ended
    const exited = once(this.#child, 'exit', { signal }).then(() => {
      throw new Error('the load generator has ended by itself')
    })
    exited.catch(() => {})
    this.#send(job)
    try {
      const [result] = await Promise.race([once(this.#child, 'message', { signal }), exited])
      return result as Result
    } finally {
      ended.abort()
    }
  }

  /** Ends the job in hand before its time. */
  finish(): void {
    this.#send('finish')
  }

  /** Ends the process, by disconnecting. */
  close(): void {
    if (this.#child.connected) this.#child.disconnect()
  }

  #send(order: Order): void {
    this.#child.send(order)
  }
}

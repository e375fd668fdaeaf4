/** Our end of the load generator's process. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Job, Result } from './job.ts'

/** What does jobs of the comparison of affinity. */
const generator = new URL('./generator.ts', import.meta.url)

/** A process that does one job after another. */
export class LoadGenerator<Task extends object = Job, Outcome = Result> {
  readonly #child: ChildProcess

  constructor(file: URL = generator) {
    const program = fileURLToPath(file)
    this.#child = fork(program, { execArgv: ['--import', 'tsx'] })
  }

  /** Does one job; there is one at a time. */
  async run(job: Task): Promise<Outcome> {
    const ended = new AbortController()
    const { signal } = ended
    const exited = once(this.#child, 'exit', { signal }).then(() => {
      throw new Error('the load generator has ended by itself')
    })
    exited.catch(() => {})
    this.#send(job)
    try {
      const [result] = await Promise.race([once(this.#child, 'message', { signal }), exited])
      return result as Outcome
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

  #send(order: Task | 'finish'): void {
    this.#child.send(order)
  }
}

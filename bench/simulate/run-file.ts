/** A file of finished runs, one in each line as JSON, so that many can be made part by part. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { UsageError } from '@resumelb/common/cli'
import type { Done, Job } from './job.ts'

export class RunFile {
  readonly #path: string
  readonly #runs = new Map<string, Done>()

  /** Reads the file if there is one. Throws a {@link UsageError} if it holds something else. */
  constructor(path: string) {
    this.#path = path
    const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
    for (const line of text.split('\n')) if (line !== '') this.#keep(this.#runIn(line))
  }

  find(job: Job): Done | undefined {
    return this.#runs.get(keyOf(job))
  }

  add(done: Done): void {
    this.#keep(done)
    appendFileSync(this.#path, `${JSON.stringify(done)}\n`)
  }

  #keep(done: Done): void {
    this.#runs.set(keyOf(done.job), done)
  }

  #runIn(line: string): Done {
    try {
      const { job, result } = JSON.parse(line) as Done
      if (job.scenario !== undefined && result !== undefined) return { job, result }
    } catch {
      // The message is the same as for other JSON.
    }
    throw new UsageError(`Expected runs in ${this.#path}, got ${line.slice(0, 60)}`)
  }
}

function keyOf({ scenario, policy, seed }: Job): string {
  return JSON.stringify([scenario, policy, seed])
}

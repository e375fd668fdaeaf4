/** Runs jobs on several processes at once. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Done, Job } from './job.ts'
import type { RunFile } from './run-file.ts'

const program = fileURLToPath(new URL('job-process.ts', import.meta.url))

export interface RunOptions {
  readonly processes: number
  /** Gets what was run, and has what need not be run again. */
  readonly kept: RunFile | undefined
}

/**
 * Runs all jobs and resolves with what came out, in the order of the jobs. `onDone` is called after
 * each that was run. Rejects if a process dies, and then ends the others.
 */
export async function runJobs(
  all: readonly Job[],
  options: RunOptions,
  onDone: (done: Done, count: number) => void,
): Promise<Done[]> {
  const { processes, kept } = options
  const jobs = all.filter((job) => kept?.find(job) === undefined)
  const results = await runNew(jobs, processes, (done, count) => {
    kept?.add(done)
    onDone(done, count)
  })
  const ran = new Map(jobs.map((job, i) => [job, results[i]!]))
  return all.map((job) => (ran.get(job) ?? kept?.find(job)) as Done)
}

async function runNew(
  jobs: readonly Job[],
  processCount: number,
  onDone: (done: Done, count: number) => void,
): Promise<Done[]> {
  const results: Done[] = []
  let next = 0
  let count = 0
  const children: ChildProcess[] = []
  const serve = (child: ChildProcess): Promise<void> =>
    new Promise((resolve, reject) => {
      let current = 0
      const give = (): void => {
        const job = jobs[next]
        if (!job) {
          child.disconnect()
          resolve()
          return
        }
        current = next++
        child.send(job)
      }
      child.on('message', (done: Done) => {
        results[current] = done
        onDone(done, ++count)
        give()
      })
      child.on('exit', (code) => reject(new Error(`a simulating process ended with ${code}`)))
      child.on('error', reject)
      give()
    })
  try {
    for (let i = 0; i < Math.min(processCount, jobs.length); i++) children.push(fork(program))
    await Promise.all(children.map(serve))
    return results
  } finally {
    for (const child of children) if (child.connected) child.kill()
  }
}

/** A process that runs the jobs it is sent, one after the other, until its parent has no more. */
import { type Job, runJob } from './job.ts'

process.on('message', (job: Job) => {
  const done = runJob(job)
  // If its parent is gone, the disconnect ends this process.
  process.send?.(done, () => undefined)
})
process.on('disconnect', () => process.exit())

/** A process that runs the jobs it is sent, one after the other, as long as somebody wants them. */
import { type Job, runJob } from './job.ts'

process.on('message', (job: Job) => {
  const done = runJob(job)
  // If whoever sent the job is gone, the disconnect ends this process.
  process.send?.(done, () => undefined)
})
process.on('disconnect', () => process.exit())

/** A process that runs the jobs it is sent, one after the other. */
import { type Job, runJob } from './job.ts'

process.on('message', (job: Job) => {
  process.send?.(runJob(job))
})

/** The users' process: does one job after another for the process that has started it. */
import type { ModelJob } from './job.ts'
import { ModelJobRun } from './run-job.ts'

// Ends when the parent is gone, however that went.
process.once('disconnect', () => process.exit())
// Ctrl-C in the terminal is the parent's affair.
process.on('SIGINT', () => {})
process.on('message', (job: ModelJob) => {
  void new ModelJobRun(job).result().then((result) => process.send?.(result))
})

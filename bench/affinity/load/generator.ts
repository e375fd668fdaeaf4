/** The load generator's process: does one job after another for the process that has started it. */
import type { Order } from './job.ts'
import { JobRun } from './run-job.ts'

let run: JobRun | undefined

// Ends when the parent is gone, however that went.
process.once('disconnect', () => process.exit())
// Ctrl-C in the terminal is the parent's affair.
process.on('SIGINT', () => {})
process.on('message', (order: Order) => {
  if (order === 'finish') run?.finish()
  else {
    run = new JobRun(order)
    void run.result().then((result) => process.send?.(result))
  }
})

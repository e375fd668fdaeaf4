/** Runs the command get-worker-resume in this process. */
import { runCommand } from '@resumelb/common/cli'
import { getWorkerResume } from './get-worker-resume-command.ts'

// The callback of each write gets the error as well; without a listener, this would end the
// process.
process.stdout.on('error', () => undefined)
await runCommand('get-worker-resume', getWorkerResume)

/** Runs the command get-worker-resume in this process. */
import { endWithReader, runCommand } from '@resumelb/common/cli'
import { getWorkerResume } from './get-worker-resume-command.ts'

endWithReader()
await runCommand('get-worker-resume', getWorkerResume)

/** Runs the command `get-lb-status` in this process. */
import { endWithReader, runCommand } from '@resumelb/common/cli'
import { getLbStatus } from './get-lb-status-command.ts'

endWithReader()
await runCommand('get-lb-status', (words) =>
  getLbStatus(words, (text) => process.stdout.write(`${text}\n`)),
)

/** Runs the command `resumelb-ctl` in this process. */
import { endWithReader, runCommand } from '@resumelb/common/cli'
import { resumelbCtl } from './command.ts'

endWithReader()
await runCommand('resumelb-ctl', (words) =>
  resumelbCtl(words, { print: (text) => process.stdout.write(`${text}\n`) }),
)

/** Runs the command `zkresumelb` in this process. */
import { runCommand } from '@resumelb/common/cli'
import { zkresumelb } from './zkresumelb-command.ts'

await runCommand('zkresumelb', zkresumelb)

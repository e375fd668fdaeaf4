/** Runs the command `resumelb` in this process. */
import { runCommand } from '@resumelb/common/cli'
import { resumelb } from './resumelb-command.ts'

await runCommand('resumelb', resumelb)

/** Runs the command resumelb-worker in this process. */
import { runCommand } from '@resumelb/common/cli'
import { resumelbWorker } from './resumelb-worker-command.ts'

await runCommand('resumelb-worker', resumelbWorker)

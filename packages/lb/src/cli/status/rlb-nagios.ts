/**
 * Runs the command `rlb-nagios` in this process. Nagios takes every exit status but 0 to 3 for a
 * failure.
 */
import { Answer, failureOf } from '@resumelb/common/cli'
import { unknown } from './nagios-check.ts'
import { rlbNagios } from './rlb-nagios-command.ts'

let code = unknown
try {
  code = await rlbNagios(process.argv.slice(2), (text) => console.log(text))
} catch (error) {
  if (error instanceof Answer) code = 0
  console.log(error instanceof Answer ? error.message : `UNKNOWN ${failureOf(error).message}`)
}
process.exitCode = code

/**
 * The command `get-lb-status`: prints the documents of status servers, as zc.resumelb's command
 * does.
 */
import {
  answerTimeout,
  type CommandSyntax,
  readCommandLine,
  UsageError,
} from '@resumelb/common/cli'
import { version } from '../../version.ts'
import { readStatusText, StatusError } from './read-status.ts'

const timeoutTable = {
  timeout: { ...answerTimeout, help: 'Maximum time to wait for each load balancer' },
} as const

export const getLbStatusSyntax: CommandSyntax = {
  name: 'get-lb-status',
  version,
  usage: ['[options] SOCKET...'],
  description: 'Prints the status of load balancers, as JSON, from the sockets of --status-server.',
  groups: [{ title: 'Options:', options: timeoutTable }],
  examples: [['/run/resumelb/status | jq .backlog', 'Requests that the workers have']],
  epilogue: ['Exit status: 0 if every load balancer answered, 1 if one did not, 2 usage error.'],
}

/** Runs the command. Resolves with the exit status. */
export async function getLbStatus(
  typed: readonly string[],
  print: (text: string) => void,
): Promise<number> {
  const { words, values } = readCommandLine(typed, getLbStatusSyntax)
  if (words.length === 0) throw new UsageError('Expected the path of at least one socket')
  let code = 0
  for (const path of words) {
    try {
      print((await readStatusText(path, values['timeout'] as number)).trimEnd())
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      process.stderr.write(`get-lb-status: ${error.message}\n`)
      code = 1
    }
  }
  return code
}

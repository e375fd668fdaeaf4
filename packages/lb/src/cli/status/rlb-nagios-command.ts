/** The command `rlb-nagios`: a plug-in for Nagios with the options of zc.resumelb's. */
import type { OptionValues } from '@resumelb/common'
import {
  answerTimeout,
  type CommandSyntax,
  readCommandLine,
  UsageError,
} from '@resumelb/common/cli'
import { version } from '../../version.ts'
import { critical, judge, type NagiosLimits, unknown } from './nagios-check.ts'
import { readStatus, StatusError } from './read-status.ts'

const threshold = { min: 0, max: 1_000_000 } as const

const thresholdTable = {
  workerMeanBacklogWarn: { ...threshold, alias: 'b', help: 'Sum of mean backlogs: warning' },
  workerMeanBacklogError: { ...threshold, alias: 'B', help: 'Sum of mean backlogs: critical' },
  workerMaxBacklogWarn: { ...threshold, alias: 'x', help: 'Largest backlog: warning' },
  workerMaxBacklogError: { ...threshold, alias: 'X', help: 'Largest backlog: critical' },
  workerRequestAgeWarn: {
    ...threshold,
    alias: 'a',
    help: 'Age of the oldest request in seconds: warning',
  },
  workerRequestAgeError: {
    ...threshold,
    alias: 'A',
    help: 'Age of the oldest request in seconds: critical',
  },
  minimumWorkerWarn: { ...threshold, alias: 'w', help: 'Number of workers: warning at or below' },
  minimumWorkerError: { ...threshold, alias: 'W', help: 'Number of workers: critical at or below' },
} as const

const otherTable = {
  metrics: { type: 'flag', alias: 'm', default: false, help: 'Print performance data' },
  timeout: { ...answerTimeout, help: 'Maximum time to wait for the load balancer' },
} as const

type Values = OptionValues<typeof thresholdTable> & OptionValues<typeof otherTable>

export const rlbNagiosSyntax: CommandSyntax = {
  name: 'rlb-nagios',
  version,
  usage: ['[options] SOCKET'],
  description: 'Checks a load balancer for Nagios, by the socket of its --status-server.',
  groups: [
    { title: 'Thresholds:', options: thresholdTable },
    { title: 'Options:', options: otherTable },
  ],
  examples: [['-a 9 -A 30 -w 2 -W 1 -m /run/resumelb/status', 'Ages, and the number of workers']],
  epilogue: [
    'Exit status: 0 OK, 1 warning, 2 critical, 3 unknown. Without workers, without a load balancer, and',
    'if it does not answer, the state is critical.',
  ],
}

/** Runs the command. Resolves with the exit status. */
export async function rlbNagios(
  typed: readonly string[],
  print: (text: string) => void,
): Promise<number> {
  const line = readCommandLine(typed, rlbNagiosSyntax)
  const values = line.values as unknown as Values
  const [path, ...rest] = line.words
  if (path === undefined || rest.length > 0) {
    throw new UsageError('Expected the path of one status socket')
  }
  if (!values.metrics && !Object.keys(thresholdTable).some((name) => line.isGiven(name))) {
    print('You need to request metrics and/or alert settings')
    return unknown
  }
  try {
    const status = await readStatus(path, values.timeout)
    const at = { now: Date.now() / 1000, showsMetrics: values.metrics }
    const { code, text } = judge(status, limitsOf(values), at)
    print(text)
    return code
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    print(`CRITICAL ${error.message}`)
    return critical
  }
}

function limitsOf(values: Values): NagiosLimits {
  return {
    meanBacklog: { warn: values.workerMeanBacklogWarn, error: values.workerMeanBacklogError },
    maxBacklog: { warn: values.workerMaxBacklogWarn, error: values.workerMaxBacklogError },
    requestAge: { warn: values.workerRequestAgeWarn, error: values.workerRequestAgeError },
    workers: { warn: values.minimumWorkerWarn, error: values.minimumWorkerError },
  }
}

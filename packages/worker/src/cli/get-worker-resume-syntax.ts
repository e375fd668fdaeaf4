/** The options and arguments of get-worker-resume. */
import type { OptionValues } from '@resumelb/common'
import { type AnswerTimeout, answerTimeout, type CommandSyntax } from '@resumelb/common/cli'
import { version } from '../software.ts'
import { tlsTable } from './tls-options.ts'

const table = {
  json: { type: 'flag', default: false, help: 'Print JSON' },
  timeout: {
    ...answerTimeout,
    help: 'Maximum time to wait for the answer of a worker',
  } as AnswerTimeout,
  wait: {
    default: 0,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    otherwise: 'do not wait',
    help: 'Wait at most this long until each worker is ready and connected to load balancers',
  },
  balancers: {
    default: 1,
    min: 1,
    max: 256,
    whole: true,
    help: 'Number of load balancers that --wait waits for',
  },
  watch: {
    default: 0,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    otherwise: 'once',
    help: 'Print repeatedly, at this interval',
  },
} as const

const nameTable = {
  tlsName: {
    type: 'text',
    form: 'a host name or an IP address',
    otherwise: 'the host of each worker',
    help: 'Name that the certificate of every worker must have',
  },
} as const

export type GetResumeValues = OptionValues<typeof table> &
  OptionValues<typeof tlsTable> &
  OptionValues<typeof nameTable>

export const getResumeSyntax: CommandSyntax = {
  name: 'get-worker-resume',
  version,
  usage: ['[options] ADDRESS...'],
  description: 'Shows how many requests per second each worker handles of each request class.',
  groups: [
    { title: 'Options:', options: table },
    { title: 'TLS:', options: { ...tlsTable, ...nameTable } },
  ],
  examples: [
    ['127.0.0.1:8000', 'The résumé of one worker'],
    ['--wait 30 127.0.0.1:8000', 'After a restart: wait until a load balancer is connected'],
    ['--watch 2 127.0.0.1:8000', 'Every two seconds, until Ctrl-C'],
    ['--json 127.0.0.1:8000 127.0.0.1:8001 | jq', 'Two workers, as JSON'],
  ],
  epilogue: [
    'Exit status: 0 if every worker answered, and with --wait is ready and connected; 1 if one did not',
    'in time; 2 usage error.',
  ],
}

/** What get-worker-resume takes. */
import type { OptionValues } from '@resumelb/common'
import type { CommandSyntax } from '@resumelb/common/cli'
import { version } from '../software.ts'

const table = {
  json: { type: 'flag', default: false, help: 'Print JSON' },
  timeout: {
    alias: 't',
    default: 5_000,
    min: 10,
    max: 86_400_000,
    unit: 'ms',
    help: 'How long to wait for the answer of a worker',
  },
  wait: {
    default: 0,
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    otherwise: 'do not wait',
    help: 'Wait until each worker is ready and load balancers are connected to it, at most so long',
  },
  balancers: {
    default: 1,
    min: 1,
    max: 256,
    whole: true,
    help: 'How many load balancers --wait waits for',
  },
} as const

export type GetResumeValues = OptionValues<typeof table>

export const getResumeSyntax: CommandSyntax = {
  name: 'get-worker-resume',
  version,
  usage: ['[options] HOST:PORT...'],
  description: 'Shows how many requests per second each worker manages of each request class.',
  groups: [{ title: 'Options:', options: table }],
  examples: [
    ['127.0.0.1:8000', 'The résumé of one worker'],
    ['--wait 30 127.0.0.1:8000', 'After a restart: until a load balancer is there'],
    ['--json 127.0.0.1:8000 127.0.0.1:8001 | jq', 'Of two, for programs'],
  ],
  epilogue: [
    'Exit codes: 0 if every worker answered, and with --wait is ready and connected; 1 if one did not in',
    'time; 2 for a mistake in the command.',
  ],
}

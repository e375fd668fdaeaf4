/** The options and subcommands of `resumelb-ctl`. */
import type { OptionValues } from '@resumelb/common'
import {
  type AnswerTimeout,
  answerTimeout,
  type CommandSyntax,
  type Subcommand,
} from '@resumelb/common/cli'
import { version } from '../../version.ts'

export const generalTable = {
  admin: {
    type: 'text',
    form: 'HOST:PORT or unix:/path',
    alias: 'a',
    otherwise: 'RESUMELB_ADMIN of the environment',
    help: 'The --admin address of the load balancer',
  },
  tokenFile: {
    type: 'text',
    form: 'the path of a file',
    otherwise: 'RESUMELB_ADMIN_TOKEN_FILE of the environment',
    help: 'File with the token, the same as --admin-token-file; a unix socket needs none',
  },
  json: { type: 'flag', default: false, help: 'Print JSON' },
  timeout: { ...answerTimeout, help: 'Maximum time to wait for an answer' } as AnswerTimeout,
} as const

const classesTable = {
  limit: {
    alias: 'n',
    default: 20,
    min: 1,
    max: 1_000,
    whole: true,
    help: 'Number of classes, the busiest ones',
  },
} as const

const explainTable = {
  units: {
    min: 0,
    max: 1_000_000_000_000_000,
    otherwise: 'none',
    help: 'Size of a request of the class, in the units of the classifier',
  },
  chain: {
    type: 'list',
    form: 'a name',
    default: [],
    help: 'Name in the chain of a request of the class; repeated, from the general to the specific',
  },
  request: {
    type: 'text',
    form: 'FILE, or - for standard input',
    help: 'Classify a POST with the body in this file, JSON unless --header says otherwise',
  },
  url: {
    type: 'text',
    form: 'a URL',
    help: 'Classify a request for the host and path of this URL',
  },
  host: { type: 'text', form: 'a host', help: 'Classify a request for this host' },
  path: { type: 'text', form: 'a path', help: 'Classify a request for this path with its query' },
  method: { type: 'text', form: 'a method', help: 'Classify a request with this method' },
  header: {
    type: 'list',
    form: 'NAME:VALUE',
    default: [],
    help: 'Classify a request with this header field; may be repeated',
  },
} as const

const drainTable = {
  deadline: {
    min: 0,
    max: 86_400_000,
    unit: 'ms',
    otherwise: 'never',
    help: 'Time after which its connection is closed, even if requests are in progress',
  },
} as const

export type CtlValues = OptionValues<typeof generalTable> &
  OptionValues<typeof classesTable> &
  OptionValues<typeof explainTable> &
  OptionValues<typeof drainTable>

const subcommands: readonly Subcommand[] = [
  { name: 'status', words: '', help: 'Whether it serves, and how well', options: {} },
  { name: 'workers', words: '', help: 'The workers: states, backlogs, errors', options: {} },
  {
    name: 'classes',
    words: '',
    help: 'The busiest classes, and the workers that are skilled at them',
    options: classesTable,
  },
  {
    name: 'explain',
    words: '[CLASS]',
    help: 'Which worker a request would get, and why; changes nothing',
    options: explainTable,
  },
  {
    name: 'add',
    words: '<WORKER>',
    help: 'Add a worker to the list: HOST:PORT, standby=HOST:PORT or capacity=2,HOST:PORT',
    options: {},
  },
  {
    name: 'remove',
    words: '<WORKER>',
    help: 'Remove a worker from the list, until "add"; it finishes its requests',
    options: {},
  },
  {
    name: 'drain',
    words: '<WORKER>',
    help: 'Give a worker no new requests, until "ready"',
    options: drainTable,
  },
  { name: 'ready', words: '<WORKER>', help: 'Give it requests again', options: {} },
  {
    name: 'set',
    words: '<SETTING..>',
    help: 'Change settings of the pool: NAME=VALUE; NAME= resets it',
    options: {},
  },
  {
    name: 'reload',
    words: '',
    help: 'Read the configuration again, as SIGHUP does; says what needs a restart',
    options: {},
  },
  { name: 'top', words: '', help: 'Workers and classes, live, until Ctrl-C', options: {} },
]

export const ctlSyntax: CommandSyntax = {
  name: 'resumelb-ctl',
  version,
  usage: ['[options] COMMAND'],
  description: 'Shows what a load balancer does and why, and changes it, over its --admin address.',
  groups: [{ title: 'Options:', options: generalTable }],
  subcommands,
  examples: [
    ['-a 127.0.0.1:9090 status', 'For a load balancer with --admin 127.0.0.1:9090'],
    ['-a unix:/run/resumelb/admin workers', 'Over a unix socket'],
    ['explain --host tenant-7.example --path /', 'Why is tenant 7 slow?'],
    [
      'explain --request chat.json --url http://llm.example/v1/chat/completions',
      'Where does this prompt go?',
    ],
    ['drain 10.0.0.3:8000 --deadline 30', 'Before the worker is stopped'],
    ['set price=2 spares=', 'Change one setting, reset another to its default'],
  ],
  epilogue: [
    'Exit status: 0 done, and for "status" the load balancer serves; 1 it does not, cannot be reached or',
    'refuses; 2 usage error.',
  ],
}

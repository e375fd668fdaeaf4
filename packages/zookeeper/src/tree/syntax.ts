/** What the command resumelb-tree takes. */
import type { CommandSyntax, Subcommand } from '@resumelb/common/cli'
import { version } from '../version.ts'

/** The options of all subcommands. */
export const generalTable = {
  zookeeper: {
    type: 'text',
    form: 'HOST[:PORT],...[/CHROOT]',
    alias: 'c',
    otherwise: 'ZC_ZK_CONNECTION_STRING, else 127.0.0.1:2181',
    help: 'Where the servers are: HOST[:PORT],...[/CHROOT]',
  },
  auth: {
    type: 'list',
    form: 'USER:PASSWORD',
    default: [],
    help: 'USER:PASSWORD, for nodes that are not open to everybody; may be repeated',
  },
  timeout: {
    default: 10_000,
    min: 1,
    max: 86_400_000,
    unit: 'ms',
    help: 'How long to wait for a server',
  },
} as const

const dryRun = { type: 'flag', alias: 'd', default: false, help: 'Only tell' } as const

const subcommands: readonly Subcommand[] = [
  {
    name: 'import',
    words: '[FILE] [PATH]',
    help: 'Bring the server into line with a tree; FILE - is the standard input',
    options: {
      dryRun,
      trim: {
        type: 'flag',
        alias: 't',
        help: 'Delete what the text does not have; --no-trim leaves it without a word',
      },
      permission: {
        alias: 'p',
        default: 31,
        min: 1,
        max: 31,
        whole: true,
        help: 'What everybody may do: sum of 1 read, 2 write, 4 create, 8 delete, 16 admin; users of --auth may do all',
      },
    },
  },
  {
    name: 'set',
    words: '<PATH> <PROPERTY..>',
    help: 'Change properties of a node: NAME=VALUE, NAME -> PATH, NAME => PATH [NAME]',
    options: { remove: { type: 'flag', default: false, help: 'Remove these names' } },
  },
  {
    name: 'rm',
    words: '<PATH>',
    help: 'Delete a node and all below it',
    options: {
      dryRun,
      force: {
        type: 'flag',
        alias: 'f',
        default: false,
        help: 'Also what living processes have registered',
      },
    },
  },
  {
    name: 'export',
    words: '[PATH]',
    help: 'Print what the server has',
    options: {
      ephemeral: {
        type: 'flag',
        alias: 'e',
        default: false,
        help: 'Also what living processes have registered',
      },
      output: { type: 'text', form: 'the path of a file', alias: 'o', help: 'A file to write' },
    },
  },
  {
    name: 'check',
    words: '[FILE]',
    help: 'Say whether a text is a tree; needs no server',
    options: {},
  },
]

export const treeSyntax: CommandSyntax = {
  name: 'resumelb-tree',
  version,
  usage: ['COMMAND [options]'],
  description: 'Shows and changes trees of nodes in ZooKeeper.',
  subcommands,
  groups: [{ title: 'Options:', options: generalTable }],
  examples: [
    ['check tree.txt', 'Is the text well-formed?'],
    ['import --dry-run tree.txt', 'What would change?'],
    ['import --trim tree.txt', 'Make the server have this tree'],
    ['export /lb', 'Show what the server has'],
    ['export --ephemeral /lb', 'The same with what is registered now'],
    ['set /lb variance=2', 'Change a setting, at once and everywhere'],
    ['set /lb "description = \'blue\'"', 'Strings are quoted'],
    ['rm --dry-run /old', 'What would be deleted?'],
  ],
  epilogue: [
    'A tree is text: nodes begin with a slash, properties and children are indented.',
    '',
    '  /lb : load-balancer',
    '    variance = 4',
    '    /providers',
    '    /workers',
    '      concurrency = 8',
    '      /providers',
    '    shared -> /elsewhere          a link to a node',
    "    threads => /defaults threads  a link to another node's property",
    '',
    'Exit codes: 0 done, 1 the server said no or cannot be reached, 2 wrong usage or a malformed tree.',
  ],
}

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
    help: 'ZooKeeper servers: HOST[:PORT],...[/CHROOT]',
  },
  auth: {
    type: 'list',
    form: 'USER:PASSWORD',
    default: [],
    help: 'Credentials USER:PASSWORD; may be repeated',
  },
  timeout: {
    default: 10_000,
    min: 1,
    max: 86_400_000,
    unit: 'ms',
    help: 'Maximum time to wait for a server',
  },
} as const

const dryRun = {
  type: 'flag',
  alias: 'd',
  default: false,
  help: 'Print what would change, and change nothing',
} as const

const subcommands: readonly Subcommand[] = [
  {
    name: 'import',
    words: '[FILE] [PATH]',
    help: 'Make the server match a tree; FILE - is standard input',
    options: {
      dryRun,
      trim: {
        type: 'flag',
        alias: 't',
        help: 'Delete what is not in the tree; --no-trim keeps it silently',
      },
      permission: {
        alias: 'p',
        default: 31,
        min: 1,
        max: 31,
        whole: true,
        help: 'Permissions of everyone: sum of 1 read, 2 write, 4 create, 8 delete, 16 admin; users in --auth have all',
      },
    },
  },
  {
    name: 'set',
    words: '<PATH> <PROPERTY..>',
    help: 'Change properties of a node: NAME=VALUE, NAME -> PATH, NAME => PATH [NAME]',
    options: { remove: { type: 'flag', default: false, help: 'Remove the named properties' } },
  },
  {
    name: 'rm',
    words: '<PATH>',
    help: 'Delete a node and everything below it',
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
    help: 'Print the tree on the server',
    options: {
      ephemeral: {
        type: 'flag',
        alias: 'e',
        default: false,
        help: 'Also what living processes have registered',
      },
      output: {
        type: 'text',
        form: 'the path of a file',
        alias: 'o',
        help: 'File to write instead of standard output',
      },
    },
  },
  {
    name: 'check',
    words: '[FILE]',
    help: 'Check the syntax of a tree; needs no server',
    options: {},
  },
]

export const treeSyntax: CommandSyntax = {
  name: 'resumelb-tree',
  version,
  usage: ['COMMAND [options]'],
  description: 'Shows and changes trees of ZooKeeper nodes.',
  subcommands,
  groups: [{ title: 'Options:', options: generalTable }],
  examples: [
    ['check tree.txt', 'Is the text well-formed?'],
    ['import --dry-run tree.txt', 'What would change?'],
    ['import --trim tree.txt', 'Make the server match this tree exactly'],
    ['export /lb', 'Print the tree on the server'],
    ['export --ephemeral /lb', 'The same, including current registrations'],
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
    'Exit status: 0 done, 1 refused by the server or no connection, 2 usage error or malformed tree.',
  ],
}

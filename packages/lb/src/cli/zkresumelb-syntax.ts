/** The options and arguments of the command `zkresumelb`. */
import type { OptionSpec, OptionTable, OptionValues } from '@resumelb/common'
import { type CommandSyntax, registrationTable } from '@resumelb/common/cli'
import { attributeForms } from '../classify/attribute.ts'
import { version } from '../version.ts'
import { type Differences, leaving, type SharedLine, sharedGroups } from './syntax.ts'

export const treeTable = {
  statusServer: {
    type: 'text',
    form: 'the path of a unix socket',
    alias: 's',
    help: 'Serve the backlogs as JSON on this unix socket',
  },
} as const

export const versionTable: {
  readonly singleVersion: { type: 'flag'; default: false; alias: 'v'; help: string }
  readonly versionHandover: {
    default: 0
    min: 0
    max: 86_400
    unit: 's'
    help: string
  }
  readonly versionFrom: { type: 'text'; form: string; help: string }
  readonly versionClasses: { type: 'flag'; default: false; help: string }
} = {
  singleVersion: {
    type: 'flag',
    default: false,
    alias: 'v',
    help: 'Send requests only to the version that most workers run',
  },
  versionHandover: {
    default: 0,
    min: 0,
    max: 86_400,
    unit: 's',
    help: 'Duration of the move of requests from one version to the next',
  },
  versionFrom: {
    type: 'text',
    form: `one of ${attributeForms}`,
    help: `Attribute of a request that names the version it wants (${attributeForms})`,
  },
  versionClasses: {
    type: 'flag',
    default: false,
    help: 'Read classes as VERSION/CLASS and send each to workers of that version',
  },
}

/** Keys of the file that are arguments on the command line. */
const config = {
  zookeeper: {
    type: 'text',
    form: 'HOST[:PORT],...[/CHROOT]',
    help: 'The ZooKeeper servers',
  },
  path: { type: 'text', form: 'a path such as /lb', help: 'Node of the load balancer' },
} as const satisfies OptionTable

export interface ZooKeeperLine extends SharedLine {
  readonly values: SharedLine['values'] &
    OptionValues<typeof registrationTable> &
    OptionValues<typeof treeTable> &
    OptionValues<typeof versionTable> & { readonly zookeeper?: string; readonly path?: string }
}

/** Differences from the shared options: letters and defaults of zc.resumelb's command. */
const differences: Differences = {
  pool: { alias: 'p' },
  address: { default: [':0'] } as Partial<OptionSpec>,
  clientTimeout: { alias: ['t', 'socket-timeout'] },
}

export const zkresumelbSyntax: CommandSyntax = {
  name: 'zkresumelb',
  version,
  usage: ['[options] CONNECTION PATH'],
  description:
    'Balances HTTP requests over the workers that are registered under PATH/workers/providers.\n' +
    'CONNECTION names the ZooKeeper servers: HOST[:PORT],...[/CHROOT].\n' +
    "PATH's properties are settings (price, move_gap, ...) that override the options.",
  groups: [
    // Unlike `resumelb`, and like zc.resumelb's command, it uses the defaults of the pools.
    ...sharedGroups({}, differences),
    { title: 'ZooKeeper:', options: { ...registrationTable, ...treeTable } },
    { title: 'Versions of the application:', options: versionTable },
  ],
  config,
  examples: [
    ['-LINFO 127.0.0.1:2181 /lb', 'Workers from /lb/workers/providers, any free port'],
    ['-a :8080 zk1,zk2,zk3 /lb', 'Listen on port 8080; three ZooKeeper servers'],
    ['-v --version-handover 60 zk1 /lb', 'Move from one version to the next within a minute'],
    ['--version-from cookie:version zk1 /lb', 'Let requests choose the version'],
  ],
  epilogue: [
    'While ZooKeeper is unavailable, the known workers keep serving. A load balancer that is started',
    'then waits for ZooKeeper, and listens as soon as it has the list of workers.',
    ...leaving,
  ],
}

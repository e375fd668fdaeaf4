/** The command resumelb-tree: what it takes, what it does, how it ends. */
import { readFile, writeFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { OptionError } from '@resumelb/common'
import { UsageError } from '@resumelb/common/cli'
import yargs, { type Argv } from 'yargs'
import { type AccessList, permissionsOf } from '../auth.ts'
import { connect } from '../connect.ts'
import { connectionStringFrom, defaultConnectionString } from '../connection-string.ts'
import { hasCode, TreeSyntaxError, ZooKeeperError } from '../errors.ts'
import type { PropertyValue } from '../node-data.ts'
import { parseCredential } from '../options.ts'
import { normalize } from '../paths.ts'
import type { Session } from '../session.ts'
import { version } from '../version.ts'
import { parseLine, parseTree } from './parse.ts'
import { deleteTree, exportTree, importTree, setProperties } from './store.ts'

/** What the command needs of its process. */
export interface CommandInput {
  readonly args: readonly string[]
  /** Where the servers are unless an option says so: ZC_ZK_CONNECTION_STRING. */
  readonly connectionString: string | undefined
  readonly stdin: NodeJS.ReadableStream
  /** Prints a line, or what ends with a newline. */
  readonly print: (text: string) => void
  readonly complain: (text: string) => void
}

/** 0: done. 1: the server said no, or was not there. 2: the command or the tree was not understood. */
export type ExitCode = 0 | 1 | 2

const epilogue = `\
A tree is text: nodes begin with a slash, properties and children are indented.

  /lb : load-balancer
    variance = 4
    /providers
    /workers
      concurrency = 8
      /providers
    shared -> /elsewhere          a link to a node
    threads => /defaults threads  a link to another node's property

Examples:
  resumelb-tree check tree.txt                     is the text well-formed?
  resumelb-tree import --dry-run tree.txt          what would change?
  resumelb-tree import --trim tree.txt             make the server have this tree
  resumelb-tree export /lb                         show what the server has
  resumelb-tree export --ephemeral /lb             the same with what is registered now
  resumelb-tree set /lb variance=2                 change a setting, at once and everywhere
  resumelb-tree set /lb "description = 'blue'"     strings are quoted
  resumelb-tree rm --dry-run /old                  what would be deleted?

Exit status: 0 done, 1 the server said no or cannot be reached, 2 wrong usage or a malformed tree.`

/** Runs the command and says how it ended. */
export async function run(input: CommandInput): Promise<ExitCode> {
  let exitCode: ExitCode = 0
  const finish = (code: ExitCode): void => {
    exitCode = code
  }
  const parser = describe(yargs().scriptName('resumelb-tree'), input, finish)
  try {
    await parser.parseAsync([...input.args], {}, (_error, _argv, output) => {
      if (output !== '') input.print(output)
    })
  } catch (error) {
    return explain(error, input)
  }
  return exitCode
}

function explain(failure: unknown, { complain }: CommandInput): ExitCode {
  if (!(failure instanceof Error)) throw failure
  complain(`resumelb-tree: ${failure.message}`)
  return [OptionError, UsageError, TreeSyntaxError].some((kind) => failure instanceof kind) ? 2 : 1
}

function describe(parser: Argv, input: CommandInput, finish: (code: ExitCode) => void): Argv {
  const changing = addRemove(addSet(addImport(parser, input), input), input, finish)
  return addCheck(addExport(changing, input), input)
    .usage('$0 COMMAND [options]\n\nShows and changes trees of nodes in ZooKeeper.')
    .option('zookeeper', {
      alias: 'c',
      type: 'string',
      default: connectionStringFrom(input.connectionString),
      defaultDescription: `ZC_ZK_CONNECTION_STRING, else ${defaultConnectionString}`,
      describe: 'where the servers are: HOST[:PORT],...[/CHROOT]',
    })
    .option('auth', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'USER:PASSWORD, for nodes that are not open to everybody; may be repeated',
    })
    .option('timeout', {
      type: 'number',
      default: 10,
      describe: 'seconds to wait for a server',
    })
    .demandCommand(1, 1, 'Which command?')
    .strict()
    .version(version)
    .help()
    .alias('help', 'h')
    .exitProcess(false)
    .wrap(100)
    .epilogue(epilogue)
    .fail((message, error) => {
      throw error ?? new UsageError(`${message} (see resumelb-tree --help)`)
    })
}

function addImport(parser: Argv, input: CommandInput): Argv {
  return parser.command(
    'import [file] [path]',
    'bring the server into line with a tree',
    (command) =>
      fileAndPath(command)
        .option('dry-run', { alias: 'd', type: 'boolean', default: false, describe: 'only tell' })
        .option('trim', {
          alias: 't',
          type: 'boolean',
          describe: 'delete what the text does not have; --no-trim leaves it without a word',
        })
        .option('permission', {
          alias: 'p',
          type: 'number',
          default: 31,
          describe: 'what everybody may do: sum of 1 read, 2 write, 4 create, 8 delete, 16 admin',
        }),
    async (argv) => {
      const tree = parseTree(await readInput(argv.file, input))
      const access = worldAccess(argv.permission)
      const path = toPath(argv.path)
      const { dryRun, trim } = argv
      await withSession(argv, input, async ({ nodes }) =>
        importTree(nodes, tree, path, { dryRun, trim, access }, input.print),
      )
    },
  )
}

function addSet(parser: Argv, input: CommandInput): Argv {
  return parser.command(
    'set <path> <property..>',
    'change properties of a node: NAME=VALUE, NAME -> PATH, NAME => PATH [NAME]',
    (command) =>
      command
        .positional('path', { type: 'string', demandOption: true })
        .positional('property', { type: 'string', array: true, demandOption: true })
        .option('remove', { type: 'boolean', default: false, describe: 'remove these names' }),
    async (argv) => {
      const change = argv.remove
        ? Object.fromEntries(argv.property.map((name) => [name, undefined]))
        : Object.fromEntries(argv.property.map(parseProperty))
      const path = toPath(argv.path)
      await withSession(argv, input, async (session) =>
        setProperties(session.nodes, await session.resolve(path), change),
      )
    },
  )
}

function addRemove(parser: Argv, input: CommandInput, finish: (code: ExitCode) => void): Argv {
  return parser.command(
    'rm <path>',
    'delete a node and all below it',
    (command) =>
      command
        .positional('path', { type: 'string', demandOption: true })
        .option('dry-run', { alias: 'd', type: 'boolean', default: false, describe: 'only tell' })
        .option('force', {
          alias: 'f',
          type: 'boolean',
          default: false,
          describe: 'also what living processes have registered',
        }),
    async (argv) => {
      const { dryRun, force } = argv
      const path = toPath(argv.path)
      if (path === '/') throw new UsageError('the top node cannot be deleted')
      await withSession(argv, input, async ({ nodes }) => {
        const isGone = await deleteTree(nodes, path, { dryRun, force }, input.print)
        finish(isGone ? 0 : 1)
      })
    },
  )
}

function addExport(parser: Argv, input: CommandInput): Argv {
  return parser.command(
    'export [path]',
    'print what the server has',
    (command) =>
      command
        .positional('path', { type: 'string', default: '/' })
        .option('ephemeral', {
          alias: 'e',
          type: 'boolean',
          default: false,
          describe: 'also what living processes have registered',
        })
        .option('output', { alias: 'o', type: 'string', describe: 'a file to write' }),
    async (argv) => {
      const { ephemeral, output } = argv
      const path = toPath(argv.path)
      await withSession(argv, input, async (session) => {
        const text = await exportTree(session.nodes, path, { ephemeral })
        if (output === undefined) input.print(text)
        else await writeFile(output, text)
      })
    },
  )
}

function addCheck(parser: Argv, input: CommandInput): Argv {
  return parser.command(
    'check [file]',
    'say whether a text is a tree; needs no server',
    (command) => command.positional('file', { type: 'string', default: '-' }),
    async (argv) => {
      parseTree(await readInput(argv.file, input))
    },
  )
}

function fileAndPath(command: Argv): Argv<{ file: string; path: string }> {
  return command
    .positional('file', {
      type: 'string',
      default: '-',
      describe: 'the text; - is the standard input',
    })
    .positional('path', { type: 'string', default: '/', describe: 'the node to import under' })
}

async function readInput(file: string, { stdin }: CommandInput): Promise<string> {
  return file === '-' ? await readAll(stdin) : await readFile(file, 'utf8')
}

interface CommonArguments {
  readonly [name: string]: unknown
}

async function withSession(
  argv: CommonArguments,
  input: CommandInput,
  action: (session: Session) => Promise<void>,
): Promise<void> {
  const { zookeeper, auth, timeout } = argv as unknown as {
    zookeeper: string
    auth: string[] | undefined
    timeout: number
  }
  const session = await connect(zookeeper, {
    connectTimeout: timeout * 1000,
    credentials: (auth ?? []).map(parseCredential),
    onWarning: (warning) => input.complain(`resumelb-tree: ${warning.message}`),
  })
  try {
    await action(session)
  } catch (error) {
    if (hasCode(error, 'NO_AUTH')) {
      throw new ZooKeeperError('NO_AUTH', `${error.message} (use --auth USER:PASSWORD)`, {
        cause: error,
      })
    }
    throw error
  } finally {
    await session.close()
  }
}

function parseProperty(text: string): [name: string, value: PropertyValue] {
  const wanted = `Expected NAME=VALUE, "NAME -> PATH" or "NAME => PATH", got '${text}'`
  try {
    const line = parseLine(text.trim())
    if (line.is === 'property') return [line.name, line.value]
  } catch (error) {
    throw new UsageError(`${wanted}: ${(error as Error).message}`, { cause: error })
  }
  throw new UsageError(wanted)
}

function worldAccess(bits: number): AccessList {
  if (!(Number.isInteger(bits) && bits >= 1 && bits <= 31)) {
    throw new OptionError('permission', 'from 1 to 31', bits)
  }
  return [{ scheme: 'world', id: 'anyone', permissions: permissionsOf(bits) }]
}

function toPath(path: string): string {
  if (!path.startsWith('/')) throw new OptionError('the path', 'one such as /lb', path)
  return normalize(path)
}

/** The command resumelb-tree: what it takes, what it does, how it ends. */
import { writeFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { OptionError, type OptionValues, readTextFile } from '@resumelb/common'
import { Answer, type CommandLine, readCommandLine, UsageError } from '@resumelb/common/cli'
import { type AccessList, digestId, openAccess, permissionsOf } from '../auth.ts'
import { connect } from '../connect.ts'
import { checkConnectionString, connectionStringFrom } from '../connection-string.ts'
import { hasCode, TreeSyntaxError, ZooKeeperError } from '../errors.ts'
import type { PropertyValue } from '../node-data.ts'
import { type DigestCredential, parseCredential } from '../options.ts'
import { normalize } from '../paths.ts'
import type { Session } from '../session.ts'
import { parseLine, parseTree } from './parse.ts'
import { deleteTree, exportTree, importTree, setProperties } from './store.ts'
import { type generalTable, treeSyntax } from './syntax.ts'
import type { Tree } from './tree.ts'

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

/**
 * 0: done. 1: the server said no, or was not there. 2: the command or the tree was not understood.
 */
export type ExitCode = 0 | 1 | 2

type Values = OptionValues<typeof generalTable> & {
  readonly dryRun: boolean
  readonly trim: boolean | undefined
  readonly permission: number
  readonly remove: boolean
  readonly force: boolean
  readonly ephemeral: boolean
  readonly output: string | undefined
}

/** One call of the command, understood. */
interface Call {
  readonly values: Values
  readonly words: readonly string[]
  readonly input: CommandInput
  readonly line: CommandLine
}

/** What each subcommand does with its words. */
const actions: Readonly<Record<string, (call: Call) => Promise<ExitCode>>> = {
  import: runImport,
  set: runSet,
  rm: runRemove,
  export: runExport,
  check: runCheck,
}

/** Runs the command and says how it ended. */
export async function run(input: CommandInput): Promise<ExitCode> {
  try {
    return await runCall(input)
  } catch (error) {
    if (!(error instanceof Answer)) return explain(error, input)
    input.print(error.message)
    return 0
  }
}

async function runCall(input: CommandInput): Promise<ExitCode> {
  const line = readCommandLine(input.args, treeSyntax)
  const [name = '', ...words] = line.words
  const action = actions[name] as (typeof actions)[string]
  return action({ values: line.values as unknown as Values, words, input, line })
}

function explain(failure: unknown, { complain }: CommandInput): ExitCode {
  if (!(failure instanceof Error)) throw failure
  complain(`resumelb-tree: ${failure.message}`)
  const isUsage = failure instanceof OptionError || failure instanceof UsageError
  if (isUsage) complain('Try: resumelb-tree --help')
  return isUsage || failure instanceof TreeSyntaxError ? 2 : 1
}

async function runImport({ values, words, input, line }: Call): Promise<ExitCode> {
  const [file = '-', into = '/'] = words
  const tree = await readTree(file, input)
  const path = toPath(into)
  const owners = values.auth.map((text) => parseCredential(text, line.labelOf('auth')))
  const access = accessFor(values.permission, owners)
  const { dryRun, trim } = values
  const changed: string[] = []
  const options = { dryRun, trim, access, onChange: (node: string) => void changed.push(node) }
  try {
    await withSession(values, line, input, ({ nodes }) =>
      importTree(nodes, tree, path, options, input.print),
    )
  } catch (error) {
    tellWhatIsDone(changed, input)
    throw error
  }
  return 0
}

/** After a failure in the middle: what the server has by now. */
function tellWhatIsDone(changed: readonly string[], { complain }: CommandInput): void {
  if (changed.length === 0) return
  const last = changed.at(-1)
  const count = changed.length === 1 ? '1 node' : `${changed.length} nodes, the last one`
  complain(`resumelb-tree: only a part was imported: ${count} ${last}`)
}

async function runSet({ values, words, input, line }: Call): Promise<ExitCode> {
  const [node = '', ...properties] = words
  const change = values.remove
    ? Object.fromEntries(properties.map((name) => [name, undefined]))
    : Object.fromEntries(properties.map(parseProperty))
  const path = toPath(node)
  await withSession(values, line, input, async (session) =>
    setProperties(session.nodes, await session.resolve(path), change),
  )
  return 0
}

async function runRemove({ values, words, input, line }: Call): Promise<ExitCode> {
  const { dryRun, force } = values
  const path = toPath(words[0] ?? '')
  if (path === '/') throw new UsageError('the root node cannot be deleted')
  const isGone = await withSession(values, line, input, ({ nodes }) =>
    deleteTree(nodes, path, { dryRun, force }, input.print),
  )
  return isGone ? 0 : 1
}

async function runExport({ values, words, input, line }: Call): Promise<ExitCode> {
  const { ephemeral, output } = values
  const path = toPath(words[0] ?? '/')
  await withSession(values, line, input, async (session) => {
    const text = await exportTree(session.nodes, path, { ephemeral })
    if (output === undefined) input.print(text)
    else await writeFile(output, text)
  })
  return 0
}

async function runCheck({ words, input }: Call): Promise<ExitCode> {
  const [file = '-'] = words
  await readTree(file, input)
  return 0
}

/** Throws a {@link UsageError} with the file and the line if the text is no tree. */
async function readTree(file: string, input: CommandInput): Promise<Tree> {
  const text = await readInput(file, input)
  try {
    return parseTree(text)
  } catch (error) {
    if (!(error instanceof TreeSyntaxError) || file === '-') throw error
    throw new UsageError(`${file}, ${error.message}`, { cause: error })
  }
}

async function readInput(file: string, { stdin }: CommandInput): Promise<string> {
  return file === '-' ? await readAll(stdin) : readTextFile(file, 'FILE')
}

async function withSession<Result>(
  { zookeeper, auth, timeout }: Values,
  { labelOf }: CommandLine,
  input: CommandInput,
  action: (session: Session) => Promise<Result>,
): Promise<Result> {
  const connection = connectionStringFrom(zookeeper, input.connectionString)
  checkConnectionString(connection, labelOf('zookeeper'))
  const session = await connect(connection, {
    connectTimeout: timeout,
    credentials: auth.map((text) => parseCredential(text, labelOf('auth'))),
    onWarning: (warning) => input.complain(`resumelb-tree: ${warning.message}`),
  })
  try {
    return await action(session)
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

/** Permission bits that are needed to write below the nodes: create, and write. */
const writable = 4 | 2

/**
 * All clients may do what the bits say, and the users of `--auth` everything: without those, no
 * client could continue below the first node.
 */
function accessFor(bits: number, owners: readonly DigestCredential[]): AccessList {
  if (bits === 31) return openAccess
  if (owners.length === 0 && (bits & writable) !== writable) {
    throw new OptionError(
      '--permission',
      'one that includes 2 write and 4 create, unless --auth is given',
      bits,
      {
        reason: 'otherwise no client could write below the nodes',
      },
    )
  }
  const all = permissionsOf(31)
  return [
    ...owners.map((owner) => ({ scheme: 'digest', id: digestId(owner), permissions: all })),
    { scheme: 'world', id: 'anyone', permissions: permissionsOf(bits) },
  ]
}

function toPath(path: string): string {
  if (!path.startsWith('/')) throw new OptionError('the path', 'one such as /lb', path)
  return normalize(path)
}

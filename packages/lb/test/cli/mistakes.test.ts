/** Mistakes of operators: each is one line that names the option, what is expected and what came. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { failureOf } from '@resumelb/common/cli'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resumelb } from '../../src/cli/resumelb-command.ts'
import { zkresumelb } from '../../src/cli/zkresumelb-command.ts'

let folder = ''

const files: Readonly<Record<string, string>> = {
  'classify.mjs':
    'export default () => "all"\nexport const n = 1\nexport const later = async () => "x"',
  'pools.mjs': 'export const nothing = () => undefined\nexport const fails = () => null.x',
  'missing.mjs': 'import "no-such-package"\n',
  'missing.cjs': 'require("no-such-package")\n',
  'throws.mjs': '\nnull.x\n',
  'data.json': '{}',
  'list.yaml': '- 1\n',
  'broken.yaml': 'address: :80\nworkers: [1\n',
  'twice.yaml': 'address: :80\naddress: :81\n',
  'address.yaml': '# a comment\naddress: 8080\n',
  'workers.yaml': "address: ':0'\nworkers: [8001]\n",
  'null.yaml': 'workers: [":1"]\naccess-log:\n',
  'map.yaml': 'pool:\n  name: cost\n',
  'flag.yaml': 'workers: [":1"]\nsingle-version: perhaps\n',
  'number.yaml': 'workers: [":1"]\nmax-retries: many\n',
  'duration.yaml': 'workers: [":1"]\n\nwait-timeout: 10 parsecs\n',
  'unknown.yaml': 'workers: [":1"]\nmax-retry: 1\n',
  'other-pool.yaml': 'workers: [":1"]\nvariance: 2\n',
  'level.yaml': 'workers: [":1"]\nlog-level: 7\n',
  'proxy.yaml': 'workers: [":1"]\ntrusted-proxy: [loopback, office]\n',
  'path.yaml': 'zookeeper: 127.0.0.1:1\npath: lb\n',
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'resumelb-mistakes-'))
  mkdirSync(join(folder, 'folder.mjs'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Words, the exit code, and what the message says. */
type Mistake = readonly [words: readonly string[], code: number, ...says: string[]]

type Command = (words: readonly string[]) => Promise<number>

/** What a command says that is called so; `@NAME` is a file of the table above. */
async function failure(command: Command, words: readonly string[]) {
  const real = words.map((word) => word.replace('@', `${folder}/`))
  const error = await command(real).then(
    (code) => new Error(`it ran, and ended with ${code}`),
    (reason: unknown) => reason,
  )
  return failureOf(error)
}

const worker = '127.0.0.1:1'

const mistakes: readonly Mistake[] = [
  [[], 2, 'address of at least one worker'],
  [['8000'], 2, 'a worker', 'name:8000', "'8000'"],
  [['name:'], 2, 'a worker', "'name:'"],
  [['127.0.0.1:70000'], 2, "'127.0.0.1:70000'"],
  [['[::g]:80'], 2, "'[::g]:80'"],
  [['standby=name'], 2, 'a worker', "'name'"],
  [['capacity=0,name:1'], 2, 'a worker', 'capacity from 0.01 to 100', "'capacity=0,name:1'"],
  [['http://127.0.0.1:80'], 2, "'http://127.0.0.1:80'"],
  [['-a'], 2, '--address', 'got nothing'],
  [['-a', '8080', worker], 2, '--address', "'8080'"],
  [['-a', '-b', worker], 2, '--address', 'the option -b'],
  [['--address=', worker], 2, '--address', "got ''"],
  [['-b', '0', worker], 2, '--backlog', 'a whole number from 1', "'0'"],
  [['-b', 'many', worker], 2, '--backlog', "'many'"],
  [['-b', '1.5', worker], 2, '--backlog', 'whole number', "'1.5'"],
  [['-m', '-1', worker], 2, '--max-connections', "'-1'"],
  [['-m', '10k', worker], 2, '--max-connections', "'10k'"],
  [['--max-retries=', worker], 2, '--max-retries', "got ''"],
  [['--max-retries', '11', worker], 2, 'from 0 to 10', "'11'"],
  [['--max-retry', '1', worker], 2, 'Unknown option --max-retry', 'did you mean --max-retries?'],
  [['--maxretry', '1', worker], 2, 'Unknown option --maxretry', '--max-retries'],
  [['--frobnicate', worker], 2, 'Unknown option --frobnicate'],
  [['-z', worker], 2, 'Unknown option -z'],
  [['--no-access-log', worker], 2, 'Unknown option --no-access-log', '--access-log takes a value'],
  [['--no-wait', worker], 2, 'Unknown option --no-wait'],
  [['--wait-timeout', '10x', worker], 2, '--wait-timeout', 'seconds from 0 to 86400', "'10x'"],
  [['--wait-timeout', 'soon', worker], 2, '--wait-timeout', '10s', "'soon'"],
  [['--wait-timeout', '2d', worker], 2, '--wait-timeout', "'2d'"],
  [['--wait-timeout', '-1', worker], 2, '--wait-timeout', "'-1'"],
  [['--wait-timeout', 'NaN', worker], 2, '--wait-timeout', "'NaN'"],
  [['--connect-timeout', '1ms', worker], 2, '--connect-timeout', 'from 0.01', "'1ms'"],
  [['--retry-ratio', '2', worker], 2, '--retry-ratio', 'from 0 to 1', "'2'"],
  [['--max-header-size', '16q', worker], 2, '--max-header-size', 'bytes', "'16q'"],
  [['--drain-timeout', '', worker], 2, '--drain-timeout', "got ''"],
  [['-L', 'loud', worker], 2, '--log-level', 'one of trace', "'loud'"],
  [['-L', worker], 2, '--log-level', `'${worker}'`],
  [['--trusted-proxy', 'proxy.example', worker], 2, '--trusted-proxy', "'proxy.example'"],
  [['--trusted-proxy', '10.0.0.0/33', worker], 2, '--trusted-proxy', "'10.0.0.0/33'"],
  [['-e', './missing.html', worker], 2, '--disconnect-message', 'no such file'],
  [['-e', '/no/such/page', worker], 2, '--disconnect-message', 'no such file'],
  [['-e', 'sorry.html', worker], 2, '--disconnect-message', 'no such file'],
  [['--pool', 'cots', worker], 2, '--pool', 'one of cost', "'cots'"],
  [['--pool', './no-such.js', worker], 2, '--pool', 'there is no file'],
  [['--pool', '@pools.mjs#nothing', worker], 2, '--pool', 'makes a pool'],
  [['--pool', '@pools.mjs#fails', worker], 1, 'pools.mjs#fails failed: TypeError', 'pools.mjs:2'],
  [['--pool', '@pools.mjs#none', worker], 2, 'exports as none', 'it exports'],
  [['--variance', '2', worker], 2, '--variance', 'a setting of the pool classic, not of cost'],
  [['--pool', 'random', '--price', '2', worker], 2, '--price', 'cost', 'not of random'],
  [['--price', 'much', worker], 2, '--price', 'from 0 to 100', "'much'"],
  [['--spares', '0', worker], 2, '--spares', 'from 1 to 16', "'0'"],
  [['-r', 'hosts', worker], 2, '--request-classifier', 'host, "regexp', "'hosts'"],
  [['-r', 'regexp', 'path', 'X'], 2, 'Quote', '-r'],
  [['-r', 'regexp path', worker], 2, '--request-classifier', 'quote it as one word'],
  [['-r', 'regexp paths (?<class>.)', worker], 2, 'attribute', "'paths'"],
  [['-r', 'regexp path [', worker], 2, '--request-classifier', 'regular expression', "'['"],
  [
    ['-r', 'regexp path ^/t', worker],
    2,
    '--request-classifier',
    'regular expression',
    '(?<class>...)',
    "'^/t'",
  ],
  [['-r', 'regexp path ^/(?<class>(?:[a-z]+-?)+)/$', worker], 2, '-classifier', 'exponential'],
  [['-r', 'regexp path (?<class>(a|a)*)b', worker], 2, '--request-classifier', 'exponential'],
  [['-r', 'regexp path .*a.*b.*c(?<class>.)', worker], 2, '-classifier', '4th degree polynomial'],
  [['-r', '@classify.mjs#none', worker], 2, 'exports as none', 'it exports default'],
  [['-r', '@classify.mjs#n', worker], 2, '--request-classifier', 'a function', 'got 1'],
  [['-r', '@classify.mjs#later', worker], 2, 'a name at once', 'an async function'],
  [['-r', './folder/none.js', worker], 2, '--request-classifier', 'there is no file'],
  [['-r', '@folder.mjs', worker], 2, 'folder.mjs is a folder'],
  [['-r', '@data.json', worker], 2, 'loads no .json files'],
  [['-r', '@missing.mjs', worker], 2, 'it imports what is missing', "'no-such-package'"],
  [['-r', '@missing.cjs', worker], 2, 'it imports what is missing', "'no-such-package'"],
  [['-r', '@throws.mjs', worker], 1, 'throws.mjs failed: TypeError', 'throws.mjs:2'],
  [['--config'], 2, '--config', 'got nothing'],
  [['--config', '/no/such/file'], 2, '--config', 'ENOENT', '/no/such/file'],
  [['--config', '@folder.mjs'], 2, '--config', 'EISDIR'],
  [['--config', '@list.yaml'], 2, '--config', 'a map from options to values'],
  [['--config', '@broken.yaml'], 2, 'broken.yaml:'],
  [['--config', '@twice.yaml'], 2, 'twice.yaml:2', 'unique'],
  [['--config', '@address.yaml', worker], 2, 'address (', 'address.yaml:2', "'8080'"],
  [['--config', '@workers.yaml'], 2, 'workers (', 'workers.yaml:2', "'8001'"],
  [['--config', '@null.yaml'], 2, 'access-log (', 'null.yaml:2', 'got nothing'],
  [['--config', '@map.yaml', worker], 2, 'pool (', 'map.yaml:1', 'got a map'],
  [['--config', '@number.yaml'], 2, 'max-retries (', 'number.yaml:2', "'many'"],
  [['--config', '@duration.yaml'], 2, 'wait-timeout (', 'duration.yaml:3', "'10 parsecs'"],
  [['--config', '@unknown.yaml'], 2, 'unknown.yaml:2', 'max-retry', 'did you mean max-retries?'],
  [['--config', '@other-pool.yaml'], 2, 'variance (', 'other-pool.yaml:2', 'not of cost'],
  [['--config', '@level.yaml'], 2, 'log-level (', 'level.yaml:2', "'7'"],
  [['--config', '@proxy.yaml'], 2, 'trusted-proxy (', 'proxy.yaml:2', "'office'"],
  [['--config', '@flag.yaml'], 2, 'flag.yaml:2', 'Unknown option single-version'],
]

const treeMistakes: readonly Mistake[] = [
  [[], 2, 'CONNECTION and PATH'],
  [['127.0.0.1:1', '/lb', 'more'], 2, 'CONNECTION and PATH, and nothing else', 'more'],
  [['127.0.0.1:1', 'lb'], 2, 'PATH', 'a path such as', "'lb'"],
  [['a:b', '/lb'], 2, 'CONNECTION', 'a port is from 1 to 65535', "'a:b'"],
  [['::1', '/lb'], 2, 'CONNECTION', '[::1]:PORT'],
  [[',', '/lb'], 2, 'CONNECTION', 'at least one server'],
  [['--session-timeout', '0', 'zk', '/lb'], 2, '--session-timeout', 'seconds from 0.4', "'0'"],
  [['--session-timeout', '2h', 'zk', '/lb'], 2, '--session-timeout', "'2h'"],
  [['--zk-auth', 'me', 'zk', '/lb'], 2, '--zk-auth', 'USER:PASSWORD', 'a text without a user'],
  [['--version-handover', '5', 'zk', '/lb'], 2, '--version-handover', '--single-version'],
  [['-v', '--version-classes', 'zk', '/lb'], 2, 'excludes --version-from'],
  [['-v', '--version-from', 'cookie:v', 'zk', '/lb'], 2, 'excludes --version-from'],
  [['--version-from', 'cookies:v', 'zk', '/lb'], 2, 'attribute', "'cookies:v'"],
  [['--single-version=perhaps', 'zk', '/lb'], 2, '--single-version', 'true or false', "'perhaps'"],
  [['-s', 'zk', '/lb', '-a'], 2, '--address', 'got nothing'],
  [['--socket-timeout', 'x', 'zk', '/lb'], 2, '--socket-timeout', "'x'"],
  [['--config', '@path.yaml'], 2, 'path (', 'path.yaml:2', "'lb'"],
  [['--config', '@flag.yaml', 'zk', '/lb'], 2, 'flag.yaml:1', 'workers'],
]

const tables: readonly (readonly [string, Command, readonly Mistake[]])[] = [
  ['resumelb', resumelb, mistakes],
  ['zkresumelb', zkresumelb, treeMistakes],
]

describe.each(tables)('%s', (_name, command, table) => {
  test.each(table.map((row) => ({ row })))('$row', async ({ row: [words, code, ...says] }) => {
    const { message, ...found } = await failure(command, words)
    for (const text of says) expect(message).toContain(text)
    expect(message).not.toContain('\n')
    expect(found.code).toBe(code)
  })
})

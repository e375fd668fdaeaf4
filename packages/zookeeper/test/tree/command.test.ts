import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePorts, zookeeperAvailable } from '../../../../test/support/zookeeper-server.ts'
import { ownedAccess } from '../../src/auth.ts'
import { run } from '../../src/tree/command.ts'
import { closeSessionsAfterEach, openSession, patient, useServer } from '../harness.ts'

/** Runs the command as a shell would. */
async function shell(
  args: string[],
  { connectionString, input = '' }: { connectionString?: string; input?: string } = {},
) {
  const out: string[] = []
  const errors: string[] = []
  const exitCode = await run({
    args,
    connectionString,
    stdin: Readable.from([input]),
    print: (text) => void out.push(text),
    complain: (text) => void errors.push(text),
  })
  return { exitCode, out: out.join('\n'), errors: errors.join('\n') }
}

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'resumelb-tree-'))
})
afterAll(async () => await rm(directory, { recursive: true }))

describe('resumelb-tree without a server', patient, () => {
  test('teaches its use', async () => {
    const { exitCode, out } = await shell(['--help'])
    expect(exitCode).toBe(0)
    for (const command of ['import', 'export', 'set', 'rm', 'check']) {
      expect(out).toContain(`resumelb-tree ${command}`)
    }
    expect(out).toContain('Exit status')
  })

  test.each([
    ['no command', [], 'Which command?'],
    ['a command that it does not know', ['frobnicate'], 'frobnicate'],
    ['an option that it does not know', ['export', '--frobnicate'], 'frobnicate'],
    ['a bad connection string', ['export', '-c', 'a:b'], "not 'b'"],
    ['a relative path', ['export', 'lb'], "Expected the path to be one such as /lb, got 'lb'"],
    ['the deletion of everything', ['rm', '/'], 'the root node cannot be deleted'],
    ['a value without quotes', ['set', '/lb', 'a=b c'], 'Expected NAME=VALUE'],
    ['what is no property', ['set', '/lb', '/a'], 'Expected NAME=VALUE'],
    ['permissions that there are not', ['import', '-p', '32'], 'from 1 to 31'],
    ['credentials without a password', ['export', '--auth', 'me'], 'USER:PASSWORD'],
    ['an option without its value', ['export', '--auth'], 'got nothing'],
    ['a subcommand that is almost one', ['improt'], "got 'improt'"],
    ['an option of another subcommand', ['export', '--trim'], '--trim is an option of import'],
    ['an option that is almost one', ['export', '--ephemerl'], 'did you mean --ephemeral?'],
    ['too many words', ['export', '/a', '/b'], 'Expected export [PATH], got export /a /b'],
    ['too few words', ['set', '/a'], 'Expected set PATH PROPERTY..., got set /a'],
    ['a time that is none', ['export', '--timeout', 'x'], 'Expected --timeout to be seconds'],
    ['no time at all', ['export', '--timeout', '0'], "got '0'"],
    ['a fraction of a permission', ['import', '-p', '1.5'], "got '1.5'"],
    ['permissions without an owner', ['import', '-p', '1'], '--auth'],
    ['a value for a flag', ['export', '--ephemeral=x'], 'true or false'],
    ['a file that is not there', ['check', '/no/such/tree'], 'ENOENT'],
  ])('refuses %s with exit status 2', async (_rule, args, message) => {
    const { exitCode, errors } = await shell(args)
    expect(errors).toContain(message)
    expect(exitCode).toBe(2)
  })

  test('checks a text, and says where it is wrong', async () => {
    await expect(shell(['check'], { input: '/lb\n  a = 1\n' })).resolves.toMatchObject({
      exitCode: 0,
    })
    await expect(shell(['check'], { input: '/lb\n  a = b\n' })).resolves.toMatchObject({
      exitCode: 2,
      errors:
        "resumelb-tree: line 2: 'b' is not a number, a quoted string, True, False, None or a list of them",
    })
  })

  test('ends with exit status 1 when there is no server, naming it', async () => {
    const [port] = await freePorts(1)
    const connectionString = `127.0.0.1:${port}`
    const { exitCode, errors } = await shell(['export', '--timeout', '0.3'], { connectionString })
    expect(exitCode).toBe(1)
    expect(errors).toContain(`cannot reach ZooKeeper at ${connectionString} within 0.3 s`)
  })
})

describe.skipIf(!zookeeperAvailable())('resumelb-tree', patient, () => {
  const { place } = useServer()
  closeSessionsAfterEach()

  const start = async () => {
    const connectionString = place()
    const { session } = openSession(connectionString)
    await session.nodes.ensure('/')
    const command = async (args: string[], input = '') =>
      await shell(args, { connectionString, input })
    return { session, command }
  }

  test('imports from a file or the standard input, and exports to them', async () => {
    const { command } = await start()
    const file = join(directory, 'tree.txt')
    await writeFile(file, '/lb : ipvs\n  variance = 4\n')
    await expect(command(['import', file])).resolves.toMatchObject({ exitCode: 0, out: '' })
    await expect(command(['import', '-', '/lb'], '/workers\n')).resolves.toMatchObject({
      exitCode: 0,
    })
    const text = '/lb : ipvs\n  variance = 4\n  /workers\n'
    await expect(command(['export'])).resolves.toMatchObject({ exitCode: 0, out: text })
    await command(['export', '-o', file, '/lb'])
    await expect(readFile(file, 'utf8')).resolves.toBe(text)
    await expect(command(['import', '--dry-run', '-t'], '/lb\n')).resolves.toMatchObject({
      out: '/lb remove property type = ipvs\n/lb remove property variance = 4\nwould delete /lb/workers.',
    })
  })

  test('sets properties and links, and removes them', async () => {
    const { session, command } = await start()
    await command(['import'], '/lb\n  old = 1\n')
    const changes = ['variance=2', "name = 'blue'", 'workers -> ../app', 'threads => /defaults']
    await expect(command(['set', '/lb', ...changes])).resolves.toMatchObject({ exitCode: 0 })
    await expect(command(['set', '/lb', '--remove', 'old'])).resolves.toMatchObject({ exitCode: 0 })
    await expect(session.nodes.properties('/lb')).resolves.toEqual({
      variance: 2,
      name: 'blue',
      'workers ->': '../app',
      'threads =>': '/defaults',
    })
  })

  test('deletes, and says by its exit status whether all went', async () => {
    const { session, command } = await start()
    await session.register('/lb/p/a:1', {}).registered()
    await expect(command(['rm', '/lb'])).resolves.toMatchObject({ exitCode: 1 })
    await session.close()
    await expect(command(['rm', '/lb'])).resolves.toMatchObject({ exitCode: 0, out: '' })
    await expect(command(['rm', '/lb'])).resolves.toMatchObject({
      exitCode: 1,
      errors: 'resumelb-tree: read /lb: no such node',
    })
  })

  test('imports a tree that only its owner may change, and goes on below what it made', async () => {
    const { session, command } = await start()
    const words = ['import', '--auth', 'lb:secret', '-p', '1']
    const tree = '/lb\n  variance = 4\n  /workers\n    /providers\n'
    await expect(command(words, tree)).resolves.toMatchObject({ exitCode: 0, errors: '' })
    await expect(session.nodes.properties('/lb')).resolves.toEqual({ variance: 4 })
    await expect(session.nodes.exists('/lb/workers/providers')).resolves.toBeDefined()
    await expect(command(['set', '/lb', 'variance=2'])).resolves.toMatchObject({ exitCode: 1 })
    const again = tree.replace('4', '2')
    await expect(command(words, again)).resolves.toMatchObject({ exitCode: 0, errors: '' })
    await expect(session.nodes.properties('/lb')).resolves.toEqual({ variance: 2 })
  })

  test.each([
    ['/a\n/b\n/taken\n  x = 1\n', '2 nodes, the last one /b'],
    ['/a\n/taken\n  x = 1\n', '1 node /a'],
  ])('says how much an import has done that fails in the middle', async (tree, part) => {
    const { session, command } = await start()
    await session.nodes.ensure('/taken', ownedAccess({ user: 'other', password: 'secret' }))
    await expect(command(['import'], tree)).resolves.toMatchObject({
      exitCode: 1,
      errors: [
        `resumelb-tree: only a part was imported: ${part}`,
        'resumelb-tree: write /taken: not allowed (use --auth USER:PASSWORD)',
      ].join('\n'),
    })
    await expect(session.nodes.exists('/a')).resolves.toBeDefined()
  })

  test('takes credentials, and says when they are missing', async () => {
    const { session, command } = await start()
    const owner = { user: 'lb', password: 'secret' }
    await session.nodes.ensure('/lb', ownedAccess(owner))
    await expect(command(['set', '/lb', 'a=1'])).resolves.toMatchObject({
      exitCode: 1,
      errors: 'resumelb-tree: write /lb: not allowed (use --auth USER:PASSWORD)',
    })
    await expect(command(['set', '--auth', 'lb:secret', '/lb', 'a=1'])).resolves.toMatchObject({
      exitCode: 0,
    })
  })
})

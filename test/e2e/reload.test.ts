/** A configuration that is read again while the load balancer runs. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@resumelb/common/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask } from '../support/clients.ts'
import { CommandProcess, fixture } from '../support/processes.ts'

const folder = mkdtempSync(join(tmpdir(), 'resumelb-reload-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const config = join(folder, 'lb.yaml')
const state = join(folder, 'state.json')
const admin = `unix:${join(folder, 'admin')}`

function write(lines: readonly string[]): void {
  writeFileSync(config, lines.join('\n'))
}

describe('a load balancer whose configuration changes', () => {
  const ends: (() => Promise<void>)[] = []
  const lifetime = (end: () => Promise<void>) => void ends.push(end)
  const classifier = join(folder, 'classify.mjs')
  const page = join(folder, 'sorry.html')
  let balancer: CommandProcess
  let port: number
  let worker: string
  /** What does not change. */
  let usual: string[]

  beforeAll(async () => {
    const words = [fixture('app.mjs'), '-a', '127.0.0.1:0']
    const process = new CommandProcess(
      'packages/worker/bin/resumelb-worker.js',
      words,
      {},
      lifetime,
    )
    worker = await process.address()
    usual = ['address: 127.0.0.1:0', 'access-log: ""', `admin: ${admin}`, `state-file: ${state}`]
    writeFileSync(classifier, 'export default () => "first"')
    write([...usual, 'workers: [127.0.0.1:1]', 'wait-timeout: 0', 'request-classifier: host'])
    const args = ['--config', config, '-LINFO']
    balancer = new CommandProcess('packages/lb/bin/resumelb.js', args, {}, lifetime)
    // The admin server listens first, at a unix socket.
    const find = () => /"address":"127\.0\.0\.1:(\d+)"/.exec(balancer.stderr)
    await until(() => find() !== null)
    port = Number(find()?.[1])
  })
  afterAll(async () => {
    for (const end of ends) await end()
  })

  /** Asks the running load balancer over its admin address. */
  async function ctl(...words: string[]): Promise<{ status: unknown; text: string }> {
    const process = new CommandProcess('packages/lb/bin/resumelb-ctl.js', ['-a', admin, ...words])
    const status = await process.exited
    return { status, text: process.stdout + process.stderr }
  }

  const readAgain = () => balancer.stderr.split('"configuration reloaded"').length - 1
  async function hangUp(): Promise<void> {
    const before = readAgain()
    balancer.signal('SIGHUP')
    await until(
      () => readAgain() > before,
      () => balancer.stderr,
    )
  }
  const explained = async () => (await ctl('explain', '--host', 'a.example', '--json')).text

  test('takes workers, limits, pages, settings and a classifier at SIGHUP', async () => {
    expect((await ask(port, '/hello')).status).toBe(503)
    writeFileSync(page, 'no')
    const changed = ['wait-timeout: 20', 'price: 3', `error-page: [503=${page}]`]
    write([...usual, `workers: [${worker}]`, ...changed, `request-classifier: ${classifier}`])
    await hangUp()
    expect((await ask(port, '/hello')).text).toBe('hello')
    expect(await explained()).toContain('"requestClass": "first"')
    expect(balancer.stderr).toMatch(
      /"changed":\[("(wait-timeout|price|error-page|request-classifier|workers)",?){5}\]/,
    )
    expect(balancer.stderr).not.toContain('need a restart')
  })

  test('adds and removes workers, and keeps that in the state file', async () => {
    expect(await ctl('add', 'standby=127.0.0.1:2')).toEqual({ status: 0, text: 'added\n' })
    expect(await ctl('remove', '127.0.0.1:2')).toEqual({ status: 0, text: 'removed\n' })
    expect((await ctl('remove', '127.0.0.1:2')).status).toBe(1)
    expect((await ctl('remove', worker)).status).toBe(0)
    expect(JSON.parse(readFileSync(state, 'utf8'))).toEqual({
      format: 'resumelb-state',
      version: 1,
      added: [],
      removed: [worker],
      drained: [],
      settings: {},
    })
    expect((await ctl('add', worker)).status).toBe(0)
    await until(async () => (await ask(port, '/hello')).text === 'hello')
  })

  test('imports a module again that has changed', async () => {
    writeFileSync(classifier, 'export default () => "second, which is longer"')
    await hangUp()
    expect(await explained()).toContain('"requestClass": "second, which is longer"')
  })

  test('names what needs a restart, over and over, and takes the rest', async () => {
    const changed = ['address: 127.0.0.1:0?proxy-protocol=false', 'max-waiting: 7', 'via: false']
    write([...usual.slice(1), ...changed, `workers: [${worker}]`])
    const { status, text } = await ctl('reload')
    expect(status).toBe(0)
    expect(text).toMatch(/^changed: .*max-waiting/)
    expect(text).toContain('a restart is needed for: address, via')
    expect((await ctl('reload')).text).toBe(
      'nothing has changed\na restart is needed for: address, via\n',
    )
  })

  test('changes nothing if the file is bad, and says where', async () => {
    write([...usual, `workers: [${worker}]`, 'wait-timeout: 0', 'max-wating: 5'])
    const { status, text } = await ctl('reload')
    expect(status).toBe(1)
    expect(text).toContain(`${config}:7: Unknown option max-wating: did you mean max-waiting?`)
    await until(() =>
      balancer.stderr.includes(
        '"msg":"cannot reload the configuration; the old one stays in force"',
      ),
    )
    expect((await ask(port, '/hello')).text).toBe('hello')
  })
})

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '@resumelb/common/cli'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { AdminStatus, StatusChange } from '../../../src/admin/status-document.ts'
import { classifyByConversation } from '../../../src/classify/by-conversation.ts'
import { resumelbCtl } from '../../../src/cli/ctl/command.ts'
import { classesText } from '../../../src/cli/ctl/text.ts'
import { changed } from '../../../src/cli/ctl/top.ts'
import { startAdmin, token } from '../../support/admin.ts'
import { ask, startBalancer, startWorker, until } from '../../support/balancer.ts'
import type { TinyWorker } from '../../support/tiny-worker.ts'

/** A balancer that has served two requests of a class, and the command for it. */
async function setUp(says: TinyWorker['says'] = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'resumelb-ctl-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const tokenFile = join(folder, 'token')
  await writeFile(tokenFile, `${token}\n`)
  const worker = await startWorker()
  worker.says = says
  const { balancer, port, ended } = await startBalancer([worker], { pool: 'cost' })
  const changes: object[] = []
  const note = (facts: object) => void changes.push(facts)
  const log = { debug: note, info: note, warn: note, error: note }
  const { server } = await startAdmin(balancer, { token, log })
  for (let i = 0; i < 2; i++) await ask(port, { headers: { host: 'a.example' } })
  await until(() => ended.length === 2)
  const complaints: string[] = []
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    complaints.push(String(text))
    return true
  })
  const run = async (...words: string[]) => {
    const lines: string[] = []
    const typed = ['-a', server.address, '--token-file', tokenFile, ...words]
    const code = await resumelbCtl(typed, { print: (text) => lines.push(text) })
    return { code, text: lines.join('\n') }
  }
  return { worker, balancer, server, folder, changes, run, complaints }
}

describe('resumelb-ctl', () => {
  test('status tells whether the load balancer serves, also by its exit status', async () => {
    const { worker, balancer, run } = await setUp()
    const { code, text } = await run('status')
    expect(code).toBe(0)
    expect(text).toContain('1 of 1 ready')
    expect(text).toContain('in all     2 requests, 0 failed')
    balancer.drainWorker(worker.address)
    expect((await run('status')).code).toBe(1)
  })

  test('workers and classes are tables, or JSON', async () => {
    const { worker, run } = await setUp()
    expect((await run('workers')).text).toMatch(
      new RegExp(`^worker .*\\n${worker.address} +ready +0 +0/100 `),
    )
    expect((await run('classes')).text).toMatch(/^class .*\na\.example .* home /)
    expect(JSON.parse((await run('classes', '--json')).text)).toMatchObject({
      classes: [{ name: 'a.example', requests: 2 }],
    })
  })

  test('workers tells which are on standby, and the capacity of each', async () => {
    const { worker, balancer, run } = await setUp()
    balancer.setWorkers([`standby=capacity=2,${worker.address}`])
    const { text } = await run('workers')
    expect(text).toContain(`${worker.address}  ready (standby)  0 `)
    expect(text).toMatch(/ capacity 2$/)
    const { workers } = JSON.parse((await run('workers', '--json')).text)
    expect(workers).toMatchObject([{ isStandby: true, capacity: 2 }])
  })

  test('workers and classes show no limit that a worker does not have, and the empty class', async () => {
    const { worker, run } = await setUp({ unlimited: true })
    expect((await run('workers')).text).toContain(`${worker.address}  ready  0        0/-  `)
    const { workers } = JSON.parse((await run('workers', '--json')).text)
    expect(workers).toMatchObject([{ load: { concurrency: 100, isConcurrencyAssumed: true } }])
    expect((await run('explain', '')).text).toMatch(/^class ""\n/)
    const status = JSON.parse((await run('classes', '--json')).text)
    const classes = [{ ...status.classes[0], name: '' }]
    expect(classesText({ ...status, classes })).toMatch(/^class .*\n"" .* home /)
  })

  test('explain tells who would get a request, by its class or by the request', async () => {
    const { worker, run } = await setUp()
    for (const words of [['a.example'], ['--host', 'A.example', '--path', '/']]) {
      const { code, text } = await run('explain', ...words)
      expect(code).toBe(0)
      expect(text).toContain('class a.example\n')
      expect(text).toMatch(/\nworker +role +backlog +mean +served +wait /)
      expect(text).toContain(`${worker.address} gets the request: the class is at home there`)
    }
    await expect(run('explain')).rejects.toThrow(UsageError)
  })

  test('explain tells who would get a request with a body, or of a size', async () => {
    const { run, folder, worker, balancer } = await setUp()
    balancer.setClassifier(classifyByConversation)
    const file = join(folder, 'chat.json')
    const messages = [{ role: 'user', content: 'a '.repeat(1500) }]
    await writeFile(file, JSON.stringify({ model: 'small', messages }))
    const url = 'http://llm.example/v1/chat/completions'
    const { text } = await run('explain', '--request', file, '--url', url)
    expect(text).toMatch(/^class small, \d+ units, 1 link\n/)
    expect(text).toContain(`${worker.address} gets the request: no worker is warm for its chain.`)
    expect(text).toMatch(/\nworker +role +backlog +warm links +warm units +wait .* price +cost\n/)
    const other = ['--header', 'Content-Type: text/plain']
    const unread = await run('explain', '--request', file, ...other)
    expect(unread.text).toMatch(/^class "", \d+ units, classified without its body\n/)
    const sized = await run('explain', 'small', '--units', '300', '--chain', 'a', '--chain', 'b')
    expect(sized.text).toContain('class small, 300 units, 2 links\n')
    for (const words of [
      ['small', '--request', file],
      ['--host', 'a', '--units', '3'],
      ['--request', join(folder, 'missing')],
      ['--url', 'no url'],
      ['--method', 'POST'],
    ]) {
      await expect(run('explain', ...words)).rejects.toThrow(UsageError)
    }
  })

  test('drain and ready keep requests from a worker and give it some again', async () => {
    const { worker, balancer, changes, run, complaints } = await setUp()
    expect(await run('drain', worker.address, '--deadline', '30')).toEqual({
      code: 0,
      text: 'draining within 30 s',
    })
    expect(changes.at(-1)).toMatchObject({ worker: worker.address, deadlineSeconds: 30 })
    expect(balancer.workers[0]?.isHeld).toBe(true)
    expect(await run('ready', worker.address)).toEqual({ code: 0, text: 'ready' })
    expect(balancer.workers[0]?.isHeld).toBe(false)
    expect((await run('drain', 'unknown:1')).code).toBe(1)
    expect(complaints.at(-1)).toBe('resumelb-ctl: There is no worker unknown:1.\n')
  })

  test('set changes settings, and resets them', async () => {
    const { balancer, run } = await setUp()
    expect((await run('set', 'price=2', 'spares=3')).code).toBe(0)
    expect(balancer.settings).toEqual({ price: 2, spares: 3 })
    await run('set', 'price=')
    expect(balancer.settings).toEqual({ spares: 3 })
    expect((await run('set', 'prize=1')).code).toBe(1)
    await expect(run('set', 'price')).rejects.toThrow('Expected NAME=VALUE, got price')
  })

  test('ends with 1 and the reason if nothing listens, and with a usage error without an address', async () => {
    const { server, complaints } = await setUp()
    const { address } = server
    await server.stop()
    const print = () => undefined
    expect(await resumelbCtl(['-a', address, 'status'], { print })).toBe(1)
    expect(complaints.at(-1)).toContain('ECONNREFUSED')
    vi.stubEnv('RESUMELB_ADMIN', '')
    await expect(resumelbCtl(['status'], { print })).rejects.toThrow(UsageError)
  })

  test('says which token is missing or wrong, and of what form it must be', async () => {
    const { worker, server, folder, complaints } = await setUp()
    const print = () => undefined
    vi.stubEnv('RESUMELB_ADMIN_TOKEN_FILE', '')
    const drain = (...options: string[]) =>
      resumelbCtl(['-a', server.address, ...options, 'drain', worker.address], { print })
    expect(await drain()).toBe(1)
    expect(complaints.at(-1)).toBe(
      'resumelb-ctl: This needs a token: give --token-file with a copy of --admin-token-file.\n',
    )
    const other = join(folder, 'other')
    await writeFile(other, 'not-the-token-of-the-balancer')
    expect(await drain('--token-file', other)).toBe(1)
    expect(complaints.at(-1)).toBe(
      'resumelb-ctl: The token of --token-file is not that of the load balancer.\n',
    )
    await writeFile(other, 'two lines\nare no token at all')
    await expect(drain('--token-file', other)).rejects.toThrow(
      'Expected --token-file to be a file with one token of printable ASCII without spaces',
    )
  })

  test('names the user of the system with a change', async () => {
    const { worker, changes, run } = await setUp()
    for (const [variables, user] of [
      [{ SUDO_USER: 'anna', USER: 'root' }, 'anna'],
      [{ SUDO_USER: '', USER: 'bob' }, 'bob'],
      [{ SUDO_USER: '', USER: '' }, userInfo().username],
      [{ SUDO_USER: '', USER: 'jörg' }, 'j?rg'],
    ] as const) {
      vi.stubEnv('SUDO_USER', variables.SUDO_USER)
      vi.stubEnv('USER', variables.USER)
      expect((await run('drain', worker.address)).code).toBe(0)
      expect(changes.at(-1)).toMatchObject({ user })
    }
  })

  test('prints nothing that moves the cursor', async () => {
    const { run } = await setUp()
    const { text } = await run('explain', 'evil\u001b[2J')
    expect(text).not.toContain('\u001b')
  })

  test('top draws the view when events come, until the load balancer is gone', async () => {
    const { worker, server, complaints } = await setUp()
    const views: string[] = []
    const print = (text: string) => views.push(text)
    const code = resumelbCtl(['-a', server.address, 'top'], { print })
    await until(() => views.length > 0)
    await server.stop()
    expect(await code).toBe(1)
    expect(complaints.at(-1)).toContain('the event stream has ended')
    expect(views[0]).toContain(worker.address)
    expect(views[0]).toContain('a.example')
  })
})

describe('a change of the status', () => {
  test('replaces rows, adds new ones and takes away those that are gone', () => {
    const row = (name: string, requestsPerSecond: number) => ({ name, requestsPerSecond })
    const before = { workers: [], classes: [row('a', 3), row('b', 2)], incidents: [] }
    const change = {
      workers: [],
      workersGone: [],
      classes: [row('c', 1), row('b', 9)],
      classesGone: ['a'],
      incidents: [],
    }
    const after = changed(before as unknown as AdminStatus, change as unknown as StatusChange)
    expect(after.classes).toEqual([row('b', 9), row('c', 1)])
  })
})

import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Command } from '../support/command.ts'
import { until } from '../support/setup.ts'

const timeout = 120_000

let folder = ''
let app = ''

/** An application whose requests to /wait wait until one to /go. */
const application = `
const waiting = []
export default (req, res) => {
  if (req.url === '/wait') waiting.push(res)
  else if (req.url === '/boom') throw new Error('boom')
  else {
    for (const each of waiting.splice(0)) each.end('waited')
    res.end('hello')
  }
}
`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resumelb-worker-cli-'))
  app = join(folder, 'app.mjs')
  await writeFile(app, application)
})

afterAll(() => rm(folder, { recursive: true }))

describe('resumelb-worker', () => {
  test('--check loads the module, and listens nowhere', async () => {
    const server = createServer()
    onTestFinished(() => void server.close())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const taken = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const good = new Command('resumelb-worker', [app, '--check', '-a', taken])
    expect(await good.exited).toBe(0)
    expect(good.stdout).toBe('resumelb-worker: the configuration is valid\n')
    const bad = new Command('resumelb-worker', [app, '--check', '--export', 'none'])
    expect(await bad.exited).toBe(2)
    expect(bad.stderr).toContain('exports no none')
  })

  test(
    'serves a module, logs what fails, drains at SIGTERM and keeps its résumé',
    async () => {
      const file = join(folder, 'resume.json')
      const command = new Command('resumelb-worker', [app, '-a127.0.0.1:0', '-LINFO', '-r', file])
      const balancer = await command.connect()
      expect((await balancer.fetch({ requestClass: 'a' })).text).toBe('hello')
      expect((await balancer.fetch({ url: '/boom' })).status).toBe(500)
      const failed = await command.says('handler failed')
      expect(failed).toMatchObject({ level: 'error', url: '/boom', err: { message: 'boom' } })
      expect(failed['time']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
      const waiting = balancer.call({ url: '/wait' })
      // Answered after it, so the worker has them both.
      await balancer.fetch({ url: '/boom' })
      command.signal('SIGTERM')
      await until(() => balancer.loads.at(-1)?.state === 'draining')
      expect((await balancer.fetch()).text).toBe('hello')
      expect((await waiting.answer).text).toBe('waited')
      expect(await balancer.closed).toBe('CLOSED')
      expect(await command.exited).toBe(0)
      expect(await readFile(file, 'utf8')).toContain('"a"')
    },
    timeout,
  )

  test(
    'leaves what is unfinished at the drain timeout, with status 1',
    async () => {
      const command = new Command('resumelb-worker', [app, '--drain-timeout', '0.1'])
      const balancer = await command.connect()
      const waiting = balancer.call({ url: '/wait' })
      await balancer.fetch({ url: '/boom' })
      command.signal('SIGINT')
      await expect(waiting.answer).rejects.toThrow('reset')
      expect(await command.exited).toBe(1)
      await command.says('drain timeout: exiting with unfinished requests')
    },
    timeout,
  )

  test(
    'leaves at once at a second signal',
    async () => {
      const command = new Command('resumelb-worker', [app])
      const balancer = await command.connect()
      balancer.call({ url: '/wait' }).answer.catch(() => undefined)
      await balancer.fetch({ url: '/boom' })
      command.signal('SIGTERM')
      await command.says('draining')
      // Sooner, by the process's own clock, it would be the first one told twice.
      await new Promise((resolve) => setTimeout(resolve, 600))
      command.signal('SIGTERM')
      expect(await command.exited).toBe(1)
    },
    timeout,
  )

  // It never left: at its exit, pino went on trying to write what the disk had not taken.
  test.skipIf(!existsSync('/dev/full'))(
    'leaves although its trace log is on a full disk',
    async () => {
      const command = new Command('resumelb-worker', [app, '--tracelog', '/dev/full'])
      await command.says('trace log lines lost')
      command.signal('SIGTERM')
      expect(await command.exited).toBe(0)
    },
    timeout,
  )

  test(
    'serves an HTTP server',
    async () => {
      const server = createServer((_req, res) => res.end('from elsewhere')).listen(0, '127.0.0.1')
      onTestFinished(() => {
        server.closeAllConnections()
        server.close()
      })
      await until(() => server.listening)
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const command = new Command('resumelb-worker', ['--upstream', url])
      const balancer = await command.connect()
      expect((await balancer.fetch()).text).toBe('from elsewhere')
    },
    timeout,
  )

  const mistakes: [args: string, message: string][] = [
    ['', 'Expected MODULE or --upstream'],
    ['a.js --drain-timeout abc', 'Expected --drain-timeout to be seconds from 0'],
    ['a.js -c 1.5', 'Expected --concurrency to be a whole number'],
    ['a.js -Lloud', 'Expected --log-level to be one of trace, debug'],
  ]
  test.each(mistakes)(
    'called with "%s" says what is wrong, with status 2',
    async (words, message) => {
      const args = words.replace('a.js', app).split(' ').filter(Boolean)
      const command = new Command('resumelb-worker', args)
      expect(await command.exited).toBe(2)
      expect(command.stderr).toContain(`resumelb-worker: `)
      expect(command.stderr).toContain(message)
      expect(command.stderr).not.toContain('    at ')
    },
    timeout,
  )

  test.each(['./no-such-module.mjs', 'no-such-package'])(
    'says in a line that there is no %s, with status 2',
    async (module) => {
      const command = new Command('resumelb-worker', [module])
      expect(await command.exited).toBe(2)
      expect(command.stderr).toContain(`resumelb-worker: Expected MODULE to be a module`)
      expect(command.stderr).not.toContain('    at ')
    },
    timeout,
  )
})

/** Sessions that only one worker knows, workers on standby, and pages for the time without any. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@resumelb/common/testing'
import { expect, onTestFinished, test } from 'vitest'
import { type Answer, ask } from '../support/clients.ts'
import { startPatientBalancer } from '../support/patient-balancer.ts'
import { startBalancerProcess, startWorkerProcess } from '../support/processes.ts'

const app = 'sessions.mjs'

/** A browser as far as cookies go. */
class Browser {
  readonly #port: number
  readonly #cookies = new Map<string, string>()

  constructor(port: number) {
    this.#port = port
  }

  async get(path: string): Promise<Answer> {
    const Cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await ask(this.#port, path, { headers: { Cookie } })
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      this.#cookies.set(name, value)
    }
    return answer
  }
}

test('a login that one worker knows survives its draining, and not its death', async () => {
  const workers = await Promise.all([1, 2, 3].map(() => startWorkerProcess([], { app })))
  const { port, log } = await startPatientBalancer(workers, { sticky: { cookie: 'worker' } })
  const browser = new Browser(port)
  const pid = Number((await browser.get('/login?name=ada')).text)
  const stays = async () => {
    for (let i = 0; i < 6; i++) {
      const { status, text } = await browser.get('/me')
      expect([status, text]).toEqual([200, 'ada'])
    }
  }
  await stays()

  const home = workers.find((worker) => worker.process.pid === pid)
  home?.process.signal('SIGTERM')
  await until(() => log.includes('worker is draining'))
  await stays()
  expect(Number((await ask(port, '/')).text)).not.toBe(pid)

  await home?.process.kill()
  await until(() => log.includes('no connection to worker'))
  expect((await browser.get('/me')).status).toBe(401)
  expect(Number((await browser.get('/login?name=ada')).text)).not.toBe(pid)
  await stays()
})

test('a worker on standby serves while no other can, and without any there is a page', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'resumelb-sessions-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const page = join(folder, 'sorry.html')
  writeFileSync(page, '<p>back soon')
  const [active, spare] = await Promise.all([1, 2].map(() => startWorkerProcess([], { app })))
  const words = ['--wait-timeout', '0', '--error-page', `503=${page}`]
  const named = [active?.address ?? '', `standby=${spare?.address}`]
  const { process, port } = await startBalancerProcess([], [...words, ...named])
  const pid = async () => Number((await ask(port, '/')).text)
  await until(() => process.stderr.split('connected to worker').length > 2)
  for (let i = 0; i < 4; i++) expect(await pid()).toBe(active?.process.pid)
  await active?.process.kill()
  await until(async () => (await pid()) === spare?.process.pid)
  await spare?.process.kill()
  await until(async () => (await ask(port, '/')).status === 503)
  const { headers, text } = await ask(port, '/')
  expect([headers['content-type'], text]).toEqual(['text/html; charset=utf-8', '<p>back soon'])
  writeFileSync(page, '<p>sorry')
  process.signal('SIGHUP')
  await until(async () => (await ask(port, '/')).text === '<p>sorry')
})

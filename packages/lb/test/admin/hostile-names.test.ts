/**
 * A worker and clients that name themselves like attackers: of the page, of Prometheus, of a
 * terminal.
 */
import { silentLogger } from '@resumelb/common'
import { expect, onTestFinished, test } from 'vitest'
import type { AdminStatus } from '../../src/admin/status-document.ts'
import { resumelbCtl } from '../../src/cli/ctl/command.ts'
import { startAdmin } from '../support/admin.ts'
import { ask, startBalancer, until } from '../support/balancer.ts'
import { TinyWorker } from '../support/tiny-worker.ts'

const script = '<script>alert(1)</script>'
const description = `${script}"\\\n\u001b[2J`
const version = `v1\u009b${script}`
const requestClass = `a"\\b\n# TYPE up gauge\nup 1\n${script}\u001b[31m`

async function setUp() {
  const worker = new TinyWorker()
  worker.version = version
  worker.says = { description }
  await worker.listen()
  onTestFinished(() => worker.close())
  const options = { log: silentLogger, classifier: () => requestClass, pool: 'cost' } as const
  const { balancer, port, ended } = await startBalancer([worker], options)
  const admin = await startAdmin(balancer, { metricsClasses: 10 })
  await ask(port)
  await until(() => ended.length === 1)
  return admin
}

test('the status carries hostile names unchanged, as JSON that no browser takes for a page', async () => {
  const { call } = await setUp()
  const { headers, text } = await call('/status')
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'x-content-type-options': 'nosniff',
    'content-security-policy': expect.stringContaining("default-src 'none'"),
  })
  const { workers, classes } = JSON.parse(text) as AdminStatus
  expect(workers[0]).toMatchObject({ description, version })
  expect(classes[0]?.name).toBe(requestClass)
  expect(text.trimEnd()).not.toMatch(/\p{Cc}/u)
})

test('the event stream keeps them within the line of their event', async () => {
  const { port } = await setUp()
  const stop = new AbortController()
  const response = await fetch(`http://127.0.0.1:${port}/events`, { signal: stop.signal })
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString()
    if (/event: status\ndata: .*\n\n/.test(text)) break
  }
  stop.abort()
  const [, data = ''] = /event: status\ndata: (.*)\n\n/.exec(text) ?? []
  expect((JSON.parse(data) as AdminStatus).workers[0]).toMatchObject({ description })
})

test('the metrics escape them: a class makes no metrics of its own', async () => {
  const { call } = await setUp()
  const { text } = await call('/metrics')
  const lines = text.split('\n').filter((line) => line.includes('<script>'))
  expect(lines.length).toBeGreaterThan(0)
  for (const line of lines) {
    expect(line).toMatch(
      /^resumelb_class_\w+\{class="a\\"\\\\b\\n# TYPE up gauge\\nup 1\\n<script>/,
    )
  }
  expect(text).not.toMatch(/^up /m)
})

test.each([['status'], ['workers'], ['classes'], ['workers', '--json']])(
  'resumelb-ctl does not move the cursor: %s %s',
  async (...words) => {
    const { server } = await setUp()
    const lines: string[] = []
    await resumelbCtl(['-a', server.address, ...words], { print: (text) => lines.push(text) })
    expect(lines.join('\n')).not.toMatch(/[^\P{Cc}\n]/u)
  },
)

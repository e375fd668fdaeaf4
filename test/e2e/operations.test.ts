/** What an operator sees when the command is stopped or its log is rotated. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@resumelb/common/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ask, keepAlive } from '../support/clients.ts'
import { CommandProcess, requestsAt, startWorkerProcess } from '../support/processes.ts'

const bin = 'packages/lb/bin/resumelb.js'

async function start(...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'resumelb-operations-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'access.log')
  const worker = await startWorkerProcess()
  const words = ['-a', '127.0.0.1:0', '-l', file, ...args, worker.address]
  const process = new CommandProcess(bin, words)
  const port = Number((await process.address()).split(':').pop())
  // One connection stays open.
  expect((await ask(port, '/hello', { agent: keepAlive(1) })).text).toBe('hello')
  return { process, port, file, worker }
}

describe('a load balancer whose --drain-timeout runs out', () => {
  test('logs the requests that it has aborted, without worker failures', async () => {
    const { process, port, file, worker } = await start('--drain-timeout', '0.2')
    const cutOff = ask(port, '/slow?ms=100000')
    await until(async () => (await requestsAt(worker)) === 1)
    expect(await process.stop()).toBe(1)
    expect((await cutOff).status).toBe(503)
    expect(process.stderr).toContain('"requests":1,"msg":"not all requests finished in time"')
    expect(process.stderr).toMatch(/"failure":"DRAIN_TIMEOUT".*"attempts":1,"msg":"request failed"/)
    expect(process.stderr).not.toMatch(/SonicBoom|WORKER_LOST|no connection| {4}at /)
    expect(readFileSync(file, 'utf8')).toMatch(/"GET \/slow\?ms=100000 HTTP\/1\.1" 503 /)
  })
})

describe('a load balancer with too many clients', () => {
  test('logs those that it has dropped, and of which limit', async () => {
    const { process, port, file } = await start('--max-connections', '1')
    const others = Array.from({ length: 5 }, () => ask(port, '/hello', { agent: false }))
    const results = await Promise.allSettled(others)
    expect(results.map(({ status }) => status)).toEqual(Array(5).fill('rejected'))
    await until(() => process.stderr.includes('(--max-connections)'))
    expect(await process.stop()).toBe(0)
    const refused = readFileSync(file, 'utf8').match(
      /^127.0.0.1 .* refused TOO_MANY_CONNECTIONS$/gm,
    )
    expect(refused).toHaveLength(5)
  })
})

describe('an access log', () => {
  test('goes on in the old file as long as SIGHUP finds no place for a new one', async () => {
    const { process, port, file } = await start()
    renameSync(file, `${file}.1`)
    mkdirSync(file)
    process.signal('SIGHUP')
    await until(() => process.stderr.includes('cannot reopen the access log'))
    await ask(port, '/old')
    rmdirSync(file)
    process.signal('SIGHUP')
    await until(() => existsSync(file))
    await ask(port, '/new')
    expect(await process.stop()).toBe(0)
    expect(readFileSync(`${file}.1`, 'utf8')).toContain('GET /old ')
    expect(readFileSync(file, 'utf8')).toContain('GET /new ')
  })
})

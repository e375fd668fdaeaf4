import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultsOf, silentLogger } from '@resumelb/common'
import { ManualClock, until } from '@resumelb/common/testing'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { healthTable } from '../../src/cli/health-options.ts'
import { HealthService, type HealthValues } from '../../src/cli/health-service.ts'
import { ReadinessVotes } from '../../src/cli/readiness-votes.ts'

const folder = mkdtempSync(join(tmpdir(), 'resumelb-health-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A worker whose readiness the service decides. */
async function start(given: Partial<HealthValues>, clock?: ManualClock) {
  const worker = {
    isReady: true,
    setReady(isReady: boolean) {
      worker.isReady = isReady
    },
  }
  const reasons: string[] = []
  const warn = (facts: object) => void reasons.push((facts as { reason: string }).reason)
  const values = { ...defaultsOf(healthTable), healthInterval: 10, ...given }
  const log = { ...silentLogger, warn }
  const service = new HealthService(values, new ReadinessVotes(worker), log, clock)
  onTestFinished(() => service.stop())
  const wasReady = worker.isReady
  await service.start()
  return { worker, reasons, wasReady, service }
}

/** Whether a process runs; one that has ended and is not reaped does not. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

test('a worker is ready while its command succeeds, and not before', async () => {
  const file = join(folder, 'fine')
  writeFileSync(file, '')
  const values = { healthCommand: `test -e '${file}' || exit 3`, healthInterval: 60_000 }
  const clock = new ManualClock()
  const { worker, reasons, wasReady } = await start(values, clock)
  expect(wasReady).toBe(false)
  await until(() => worker.isReady)
  rmSync(file)
  await until(async () => {
    await clock.advance(60_000)
    return !worker.isReady
  })
  expect(reasons).toEqual(['exit status 3'])
  writeFileSync(file, '')
  await until(async () => {
    await clock.advance(60_000)
    return worker.isReady
  })
})

test('a command that does not end is a failure', async () => {
  const { worker, reasons } = await start({ healthCommand: 'exec sleep 600', healthInterval: 50 })
  await until(() => reasons.length > 0)
  expect([worker.isReady, reasons]).toEqual([false, ['not finished within 50 ms']])
})

test('a command that exits leaves no process behind', async () => {
  const file = join(folder, 'child')
  const healthCommand = `sleep 600 & echo $! > '${file}'`
  const { worker } = await start({ healthCommand, healthInterval: 60_000 })
  await until(() => worker.isReady)
  const child = Number(readFileSync(file, 'utf8'))
  await until(() => !isRunning(child))
})

test('a command may print as much as it likes, and one that does not exist is a failure', async () => {
  const lots = await start({ healthCommand: 'head -c 8000000 /dev/zero', healthInterval: 60_000 })
  await until(() => lots.worker.isReady)
  const { reasons } = await start({ healthCommand: 'no-such-command', healthInterval: 60_000 })
  await until(() => reasons.length > 0)
  expect(reasons).toEqual(['exit status 127: there is no such command'])
})

test('a command is ended with the service', async () => {
  const file = join(folder, 'long')
  const { service } = await start({
    healthCommand: `echo $$ > '${file}'; exec sleep 600`,
    healthInterval: 60_000,
  })
  const pid = () => Number(existsSync(file) && readFileSync(file, 'utf8'))
  await until(() => pid() > 0)
  await service.stop()
  await until(() => !isRunning(pid()))
})

test('a worker is ready while its URL answers well', async () => {
  let status = 302
  const server = createServer((_request, response) => {
    response.writeHead(status, { location: '/elsewhere' }).end('page')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const values = { healthUrl: `http://127.0.0.1:${port}/health`, healthInterval: 60_000 }
  const clock = new ManualClock()
  const { worker, reasons, wasReady } = await start(values, clock)
  const becomes = (isReady: boolean) =>
    until(async () => {
      await clock.advance(60_000)
      return worker.isReady === isReady
    })
  expect(wasReady).toBe(false)
  await becomes(true)
  status = 500
  await becomes(false)
  expect(reasons).toEqual(['status 500'])
  status = 200
  await becomes(true)
  server.close()
  server.closeAllConnections()
  await becomes(false)
  expect(reasons[1]).toContain('ECONNREFUSED')
})

test('a URL that does not answer in time is a failure', async () => {
  const server = createServer(() => undefined).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const values = { healthUrl: `http://127.0.0.1:${port}/`, healthInterval: 50 }
  const { worker, reasons } = await start(values)
  await until(() => reasons.length > 0)
  expect([worker.isReady, reasons]).toEqual([false, ['no response within 50 ms']])
})

test('a worker whose event loop is too late is not ready', async () => {
  const { worker, reasons } = await start({
    maxEventLoopDelay: 1,
    healthFall: 1,
    healthInterval: 30,
  })
  const block = () => {
    const end = performance.now() + 80
    while (performance.now() < end);
  }
  await until(() => {
    if (worker.isReady) block()
    return reasons.length > 0
  })
  expect(reasons[0]).toMatch(/^the event loop is \d+ ms late$/)
})

test('a worker is ready if nothing says otherwise', async () => {
  expect((await start({})).wasReady).toBe(true)
  const told: boolean[] = []
  const votes = new ReadinessVotes({ setReady: (isReady) => void told.push(isReady) })
  votes.vote('a', false)
  votes.vote('b', false)
  votes.vote('a', true)
  votes.vote('b', true)
  expect(told).toEqual([false, false, false, true])
})

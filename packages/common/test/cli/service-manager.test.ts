import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ServiceManager } from '../../src/cli/service-manager.ts'
import { silentLogger } from '../../src/logger.ts'
import { ManualClock, until } from '../../src/testing/index.ts'

/** An environment whose systemd-notify writes its words to a file, one line for each call. */
async function fakeSystemd(more: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'resumelb-notify-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'said')
  const script = `#!/bin/sh\nIFS='|'; echo "$*" >> ${file}\n`
  await writeFile(join(folder, 'systemd-notify'), script, { mode: 0o700 })
  await writeFile(file, '')
  const environment: Record<string, string | undefined> = {
    PATH: `${folder}:${process.env['PATH']}`,
    NOTIFY_SOCKET: '/run/x',
    ...more,
  }
  const said = async () => (await readFile(file, 'utf8')).split('\n').slice(0, -1)
  const saidBy = async (count: number) => {
    let lines: string[] = []
    const isDone = async () => {
      lines = await said()
      return lines.length >= count
    }
    await until(isDone, () => `${count} lines; there are ${lines.join(', ')}`)
    return lines
  }
  return { environment, said, saidBy }
}

test('tells systemd that it is ready, and which process is the main one', async () => {
  const { environment, said } = await fakeSystemd()
  const status = () => '2 of 3 workers are ready'
  await new ServiceManager({ log: silentLogger, environment, status }).ready()
  const line = `READY=1|MAINPID=${process.pid}|STATUS=2 of 3 workers are ready`
  expect(await said()).toEqual([line])
})

test('says nothing without systemd', async () => {
  const { environment, said } = await fakeSystemd({ NOTIFY_SOCKET: '', WATCHDOG_USEC: '3000000' })
  const clock = new ManualClock()
  const manager = new ServiceManager({ log: silentLogger, environment, clock })
  await manager.ready()
  await manager.reload(async () => undefined)
  manager.stopping(0)
  expect(clock.pending).toBe(0)
  expect(await said()).toEqual([])
})

test('lets systemd wait for the end of reloading, and for that of stopping', async () => {
  const { environment, said, saidBy } = await fakeSystemd()
  const manager = new ServiceManager({ log: silentLogger, environment, status: () => 'fine' })
  let during: string[] = []
  await manager.reload(async () => {
    during = await saidBy(1)
  })
  expect(during).toEqual([expect.stringMatching(/^RELOADING=1\|MONOTONIC_USEC=\d+$/)])
  expect((await said()).slice(1)).toEqual(['READY=1|STATUS=fine'])
  manager.stopping(90_000)
  const stopping = 'STOPPING=1|EXTEND_TIMEOUT_USEC=100000000|STATUS=stopping'
  expect((await saidBy(3)).slice(2)).toEqual([stopping])
  await manager.reload(async () => undefined)
  expect(await said()).toHaveLength(3)
})

test('tells systemd within a second that the status has changed, once for many changes', async () => {
  const { environment, said, saidBy } = await fakeSystemd()
  const clock = new ManualClock()
  let ready = 0
  const status = () => `${ready} workers are ready`
  const manager = new ServiceManager({ log: silentLogger, environment, clock, status })
  for (ready = 1; ready < 5; ready++) manager.statusChanged()
  expect(clock.pending).toBe(1)
  await clock.advance(1_000)
  expect(await saidBy(1)).toEqual(['STATUS=5 workers are ready'])
  manager.statusChanged()
  manager.leave()
  await clock.advance(1_000)
  manager.statusChanged()
  expect(clock.pending).toBe(0)
  expect(await said()).toHaveLength(1)
})

test('pings the watchdog thrice within its time, while all is well', async () => {
  const own = { WATCHDOG_USEC: '3000000', WATCHDOG_PID: String(process.pid) }
  const { environment, said, saidBy } = await fakeSystemd(own)
  const lines: string[] = []
  const log = { ...silentLogger, error: (_: object, text: string) => void lines.push(text) }
  const clock = new ManualClock()
  let isWell = true
  const manager = new ServiceManager({ log, environment, clock, isWell: () => isWell })
  await manager.ready()
  // A process that takes over has another number, and pings as well.
  expect(environment).not.toHaveProperty('WATCHDOG_PID')
  expect(environment).toHaveProperty('WATCHDOG_USEC')
  await clock.advance(999)
  expect(clock.pending).toBe(1)
  await clock.advance(1)
  expect((await saidBy(2))[1]).toBe('WATCHDOG=1')
  await until(() => clock.pending === 1)
  isWell = false
  await clock.advance(1_000)
  expect(lines).toEqual(['not listening: the watchdog gets no ping'])
  isWell = true
  await clock.advance(1_000)
  await saidBy(3)
  await until(() => clock.pending === 1)
  manager.leave()
  await clock.advance(5_000)
  expect(clock.pending).toBe(0)
  expect(await said()).toHaveLength(3)
})

test.each([
  { WATCHDOG_USEC: '3000000', WATCHDOG_PID: '1' },
  { WATCHDOG_USEC: 'soon' },
  { WATCHDOG_USEC: '0' },
])('pings no watchdog of another process, nor without a time: %o', async (variables) => {
  const { environment } = await fakeSystemd(variables)
  const clock = new ManualClock()
  await new ServiceManager({ log: silentLogger, environment, clock }).ready()
  expect(clock.pending).toBe(0)
})

test('goes on if systemd cannot be told', async () => {
  const lines: unknown[] = []
  const log = { ...silentLogger, warn: (...line: unknown[]) => void lines.push(line) }
  const environment = { PATH: '', NOTIFY_SOCKET: '/run/x' }
  await new ServiceManager({ log, environment }).ready()
  expect(lines).toEqual([[{ error: expect.any(String) }, 'cannot notify systemd']])
})

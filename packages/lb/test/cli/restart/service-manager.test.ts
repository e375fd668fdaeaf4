import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@resumelb/common'
import { expect, onTestFinished, test } from 'vitest'
import { notifyReady } from '../../../src/cli/restart/service-manager.ts'

test('tells systemd that it is ready, and which process is the main one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'resumelb-notify-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const said = join(folder, 'said')
  const script = `#!/bin/sh\necho "$NOTIFY_SOCKET $@" > ${said}\n`
  await writeFile(join(folder, 'systemd-notify'), script, { mode: 0o700 })
  const environment = { PATH: `${folder}:${process.env['PATH']}` }
  await notifyReady(silentLogger, environment)
  await expect(readFile(said)).rejects.toThrow('ENOENT')
  await notifyReady(silentLogger, { ...environment, NOTIFY_SOCKET: '/run/x' })
  expect(await readFile(said, 'utf8')).toBe(`/run/x READY=1 MAINPID=${process.pid}\n`)
})

test('goes on if systemd cannot be told', async () => {
  const lines: unknown[] = []
  const log = { ...silentLogger, warn: (...line: unknown[]) => void lines.push(line) }
  await notifyReady(log, { PATH: '', NOTIFY_SOCKET: '/run/x' })
  expect(lines).toEqual([[{ error: expect.any(String) }, 'cannot notify systemd']])
})

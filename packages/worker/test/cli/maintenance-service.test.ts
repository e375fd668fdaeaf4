import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@resumelb/common'
import { ManualClock } from '@resumelb/common/testing'
import { expect, onTestFinished, test } from 'vitest'
import { MaintenanceService } from '../../src/cli/maintenance-service.ts'

test('a worker is in maintenance while a file exists', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'resumelb-maintenance-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'maintenance')
  const heard: unknown[] = []
  const worker = {
    beginMaintenance: (options: object = {}) => void heard.push(options),
    endMaintenance: () => void heard.push('ended'),
  }
  const clock = new ManualClock()
  const times = { sessionTime: 1, upgradeTime: 2 }
  writeFileSync(file, '')
  const service = new MaintenanceService(file, worker, times, silentLogger, clock)
  expect(heard).toEqual([times])
  await service.start()
  await clock.advance(5_000)
  expect(heard).toEqual([times])
  rmSync(file)
  await clock.advance(1_000)
  expect(heard).toEqual([times, 'ended'])
  writeFileSync(file, '')
  await clock.advance(1_000)
  expect(heard).toEqual([times, 'ended', times])
  await service.stop()
  rmSync(file)
  await clock.advance(1_000)
  expect(heard).toHaveLength(3)
})

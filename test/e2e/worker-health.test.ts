/** `resumelb-worker` with checks of its health. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@resumelb/common/testing'
import { getResume } from '@resumelb/worker'
import { expect, onTestFinished, test } from 'vitest'
import { ask } from '../support/clients.ts'
import { startBalancerProcess, startWorkerProcess } from '../support/processes.ts'

test('a worker drains while its maintenance file exists, and is unready while its command fails', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'resumelb-health-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [maintenance, database] = [join(folder, 'maintenance'), join(folder, 'database')]
  writeFileSync(database, '')
  const checks = ['--health-command', `test -e ${database}`, '--health-interval', '1s']
  const first = await startWorkerProcess([...checks, '--maintenance-file', maintenance])
  const second = await startWorkerProcess()
  const { port, process } = await startBalancerProcess([first, second])
  const isState = (state: string) =>
    until(async () => (await getResume(first.address)).load.state === state)
  const pidFor = async () => Number((await ask(port, '/pid')).text)
  await isState('ready')
  writeFileSync(maintenance, '')
  await until(() => process.stderr.includes('"worker is in maintenance"'))
  expect(await pidFor()).toBe(second.process.pid)
  rmSync(maintenance)
  await until(() => process.stderr.includes('"maintenance of the worker has ended"'))
  await second.process.stop()
  expect(await pidFor()).toBe(first.process.pid)
  expect(process.stderr.split('"connected to worker"')).toHaveLength(3)
  rmSync(database)
  await isState('unready')
})

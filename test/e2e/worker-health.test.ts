/** `resumelb-worker` with checks of its health. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@resumelb/common/testing'
import { getResume } from '@resumelb/worker'
import { onTestFinished, test } from 'vitest'
import { startWorkerProcess } from '../support/processes.ts'

test('a worker is unready while its maintenance file exists or its command fails', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'resumelb-health-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [maintenance, database] = [join(folder, 'maintenance'), join(folder, 'database')]
  writeFileSync(maintenance, '')
  const checks = ['--health-command', `test -e ${database}`, '--health-interval', '50ms']
  const { address } = await startWorkerProcess([...checks, '--maintenance-file', maintenance])
  const isState = (state: string) =>
    until(async () => (await getResume(address)).load.state === state)
  await isState('unready')
  writeFileSync(database, '')
  rmSync(maintenance)
  await isState('ready')
  rmSync(database)
  await isState('unready')
})

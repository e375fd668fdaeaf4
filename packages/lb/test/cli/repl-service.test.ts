import { mkdtemp, rm, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@resumelb/common/testing'
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { ReplService } from '../../src/cli/repl-service.ts'
import { startBalancer, startWorker } from '../support/balancer.ts'

test('the REPL knows the load balancer, and only the owner of the process may connect', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'resumelb-repl-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'repl')
  const worker = await startWorker()
  const { balancer } = await startBalancer([worker])
  const service = new ReplService(path, balancer, pino({ level: 'silent' }))
  await service.start()
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const socket = connect(path)
  let said = ''
  socket.on('data', (chunk) => {
    said += chunk
  })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write('balancer.workers[0].address\n')
  await until(() => said.includes(worker.address))
  await service.stop()
  await closed
  await expect(stat(path)).rejects.toThrow('ENOENT')
})

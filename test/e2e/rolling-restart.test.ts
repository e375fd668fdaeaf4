/** The recipe of docs/operations.md for a new version of the application. */
import { expect, test } from 'vitest'
import { ask, keepAlive, Load } from '../support/clients.ts'
import { CommandProcess, startBalancerProcess, startWorkerProcess } from '../support/processes.ts'

test('workers restarted one by one, each once the last is connected, cost no request', async () => {
  const workers = await Promise.all([1, 2, 3].map(() => startWorkerProcess()))
  const { port } = await startBalancerProcess(workers, ['--wait-timeout', '0.1'])
  const agent = keepAlive(16)
  let count = 0
  const load = new Load(16, () => {
    const headers = { host: `site${count++ % 20}.example` }
    if (count % 4 === 0) return ask(port, '/upload', { agent, headers, method: 'POST' }, 'x')
    return ask(port, `/slow?ms=${count % 30}`, { agent, headers })
  })
  await load.more(200)
  for (const { address, process: old } of workers) {
    expect(await old.stop()).toBe(0)
    await startWorkerProcess([], { address })
    const words = ['--wait', '120', address]
    const waiting = new CommandProcess('packages/worker/bin/get-worker-resume.js', words)
    expect([await waiting.exited, waiting.stderr]).toEqual([0, ''])
    expect(waiting.stdout).toContain(`${address}: ready, `)
    expect(waiting.stdout).toContain(', 1 load balancer, ')
  }
  await load.more(200)
  const { statuses, errors } = await load.stop()
  expect([[...statuses.keys()], [...errors]]).toEqual([[200], []])
})

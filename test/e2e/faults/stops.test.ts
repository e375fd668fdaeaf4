/** A load balancer that was suspended, as by a pause of its machine, does not blame others. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ask, keepAlive, Load } from '../../support/clients.ts'
import { startBalancerProcess, startWorkerProcess } from '../../support/processes.ts'

interface Stop {
  readonly seconds: number
  readonly args: readonly string[]
}

const stops: readonly Stop[] = [
  // All of these run out while the process is stopped.
  {
    seconds: 6,
    args: [
      ...['--keep-alive-timeout', '5', '--response-timeout', '5'],
      ...['--client-timeout', '5', '--wait-timeout', '5'],
    ],
  },
  // Longer than a load balancer bears with a silent worker.
  { seconds: 12, args: [] },
]

test.for(stops)('loses no request in $seconds seconds, with $args', async ({ seconds, args }) => {
  const workers = await Promise.all([startWorkerProcess(), startWorkerProcess()])
  const { port, process } = await startBalancerProcess(workers, args)
  const agent = keepAlive(32)
  let count = 0
  const load = new Load(32, () => {
    const headers = { host: `site${count++ % 20}.example` }
    if (count % 4 === 0) return ask(port, '/upload', { agent, headers, method: 'POST' }, 'x')
    return ask(port, `/slow?ms=${10 + (count % 30) * 3}`, { agent, headers })
  })
  await load.more(200)
  process.signal('SIGSTOP')
  // The stopped process cannot tell when this time has passed.
  await sleep(seconds * 1000)
  process.signal('SIGCONT')
  await load.more(400)
  const { statuses, errors } = await load.stop()
  expect([...errors]).toEqual([])
  expect([...statuses.keys()]).toEqual([200])
  expect(process.stderr).not.toContain('no connection to worker')
})

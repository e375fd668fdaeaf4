/** Many requests for classes that are cold everywhere. */
import { expect, test } from 'vitest'
import { ask } from '../support/clients.ts'
import { startBalancerProcess, startWorkerProcess } from '../support/processes.ts'

const requestsPerClass = 10
const hosts = ['t1.example', 't2.example', 't3.example']

/** How many of many requests at once have loaded what they need, at a worker with these options. */
async function coldResponses(...options: string[]): Promise<number> {
  const worker = await startWorkerProcess(options, { app: 'loading.mjs' })
  const { port } = await startBalancerProcess([worker])
  const get = (host: string) => ask(port, '/', { headers: { host } })
  // The worker learns how long a load takes, and that it gains something.
  for (const text of ['cold', 'warm']) expect((await get('t0.example')).text).toBe(text)
  const all = hosts.flatMap((host) => Array.from({ length: requestsPerClass }, () => get(host)))
  const texts = (await Promise.all(all)).map(({ text }) => text)
  return texts.filter((text) => text === 'cold').length
}

test('a class is loaded once, not by each of the requests that come at the same time', async () => {
  const [once, each] = await Promise.all([
    coldResponses(),
    coldResponses('--cold-load-timeout', '0'),
  ])
  // On a very slow machine, a load may take longer than others wait for it: two more try then.
  expect(once).toBeLessThanOrEqual(3 * hosts.length)
  expect(each).toBeGreaterThan(once)
})

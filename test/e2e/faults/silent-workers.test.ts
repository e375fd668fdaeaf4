/** Workers that do not answer: one that computes for long, and one that is stopped. */
import { until } from '@resumelb/common/testing'
import { expect, test } from 'vitest'
import { ask, Load } from '../../support/clients.ts'
import { startBalancerProcess, startWorkerProcess } from '../../support/processes.ts'

test('a silent worker keeps its requests until the response timeout, and gets no others', async () => {
  const workers = await Promise.all([1, 2, 3].map(() => startWorkerProcess()))
  const { port, process } = await startBalancerProcess(workers, ['--response-timeout', '24'])
  const send = (path: string, site: string) => ask(port, path, { headers: { host: site } })
  const pidOf = async (site: string) => Number((await send('/pid', site)).text)
  const lines = (...texts: readonly string[]) =>
    process.stderr.split('\n').filter((line) => texts.every((text) => line.includes(text))).length
  const addressOf = (pid: number) =>
    workers.find((worker) => worker.process.pid === pid)?.address ?? 'none'

  const busy = await pidOf('busy.example')
  let stopped = busy
  let site = ''
  for (let count = 0; stopped === busy; count++) {
    site = `site${count}.example`
    stopped = await pidOf(site)
  }
  // Longer than a load balancer bears with the silence of a host that may be lost.
  const computed = send('/compute?ms=16000', 'busy.example')
  const unanswered = send('/never', site)
  await until(() => lines('does not answer', addressOf(busy)) > 0)
  const suspended = workers.find((worker) => worker.process.pid === stopped)
  suspended?.process.signal('SIGSTOP')
  await until(() => lines('does not answer', addressOf(stopped)) > 0)

  let isComputed = false
  void computed.finally(() => {
    isComputed = true
  })
  const pids = new Set<number>()
  let count = 0
  const load = new Load(8, async () => {
    const answer = await send('/pid', count++ % 2 === 0 ? 'busy.example' : site)
    pids.add(Number(answer.text))
    return answer
  })
  await load.more(50)
  const { statuses, errors } = await load.stop()
  expect([[...statuses.keys()], [...errors]]).toEqual([[200], []])
  expect([...pids]).not.toContain(stopped)
  // On a slow machine, the calculation may have ended before the load.
  if (!isComputed) expect([...pids]).not.toContain(busy)

  expect(await computed).toMatchObject({ status: 200, text: String(busy) })
  expect((await unanswered).status).toBe(504)
  suspended?.process.signal('SIGCONT')
  await until(() => lines('worker answers again', addressOf(stopped)) > 0)
  expect(lines('request retried')).toBe(0)
  expect(lines('no connection to worker')).toBe(0)
})

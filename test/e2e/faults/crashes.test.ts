/** Requests that crash their worker, among requests that do not. */
import { expect, onTestFinished, test } from 'vitest'
import { ask, Load } from '../../support/clients.ts'
import { startBalancerProcess, startWorkerProcess } from '../../support/processes.ts'

/** Keeps a worker running at one address, as a service manager does. */
class Supervised {
  readonly address: string
  /** How often it has been started again. */
  restarts = 0
  #isStopped = false
  /** Ends the process that runs. */
  #end: () => Promise<void>

  private constructor(address: string, exited: Promise<unknown>, end: () => Promise<void>) {
    this.address = address
    this.#end = end
    onTestFinished(async () => {
      this.#isStopped = true
      await this.#end()
    })
    void this.#keepRunning(exited)
  }

  static async start(): Promise<Supervised> {
    let endIt = () => Promise.resolve()
    const lifetime = (end: () => Promise<void>) => {
      endIt = end
    }
    const { address, process } = await startWorkerProcess([], { lifetime })
    return new Supervised(address, process.exited, endIt)
  }

  async #keepRunning(exited: Promise<unknown>): Promise<void> {
    await exited
    const lifetime = (end: () => Promise<void>) => {
      this.#end = end
    }
    while (!this.#isStopped) {
      this.restarts++
      try {
        const { process } = await startWorkerProcess([], { address: this.address, lifetime })
        await process.exited
      } catch (error) {
        // The end of the test also ends one that is only starting.
        if (!this.#isStopped) throw error
      }
    }
  }
}

test('requests that crash workers cost no other request, and two workers each at most', async () => {
  const workers = await Promise.all([1, 2, 3, 4].map(() => Supervised.start()))
  const { port, process } = await startBalancerProcess(workers)
  let count = 0
  const load = new Load(8, () => {
    const headers = { host: `site${count++ % 20}.example` }
    return ask(port, `/slow?ms=${5 + (count % 10)}`, { headers })
  })
  await load.more(100)
  const crash = () => ask(port, '/crash', { headers: { host: 'deadly.example' } })
  const statuses: number[] = []
  // Alone at first, then more at once than there are workers.
  for (const together of [1, 1, 6]) {
    const answers = await Promise.all(Array.from({ length: together }, crash))
    statuses.push(...answers.map(({ status }) => status))
    await load.more(100)
  }
  const tally = await load.stop()
  expect([...tally.errors]).toEqual([])
  expect([...tally.statuses.keys()]).toEqual([200])
  expect(statuses.filter((status) => status !== 502 && status !== 503)).toEqual([])
  const restarts = workers.reduce((sum, worker) => sum + worker.restarts, 0)
  expect(restarts).toBeGreaterThanOrEqual(2)
  expect(restarts).toBeLessThanOrEqual(2 * statuses.length)
  expect(process.stderr).toContain('requests of a class crash workers')
  expect(process.stderr).not.toContain('no worker is connected')
})

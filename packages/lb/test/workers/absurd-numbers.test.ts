import { describe, expect, test } from 'vitest'
import { ask, startBalancer, startWorker, until } from '../support/balancer.ts'
import { answer, plain, reported } from '../support/tiny-worker.ts'

/** A log that keeps the facts of warnings about connections. */
function createLog() {
  const lines: Record<string, unknown>[] = []
  const ignore = () => undefined
  const warn = (facts: object, message: string) => {
    if (message === 'no connection to worker') lines.push({ ...facts })
  }
  return { lines, log: { debug: ignore, info: ignore, warn, error: ignore } }
}

const plausible = { score: 10, seconds: 0.1, count: 3, rate: 1 }

describe('a worker that reports more than there can be', () => {
  test.each([
    ['a score', { ...plausible, score: Number.MAX_VALUE }, 'score 1.7976931348623157e+308'],
    ['a rate', { ...plausible, rate: 1e300 }, 'rate 1e+300, expected at most 1000000000'],
    ['a size', { ...plausible, fixed: 0, perUnit: 1e300 }, 'seconds per unit 1e+300'],
  ])('in its résumé (%s) gets nothing, and the log says why', async (_name, skill, reason) => {
    const { lines, log } = createLog()
    const absurd = await startWorker(answer('absurd'))
    absurd.resume = new Map([['', skill]])
    const other = await startWorker(answer('other'))
    const { port, balancer } = await startBalancer([other], { log, pool: 'cost' })
    balancer.setWorkers([absurd.address, other.address])
    await until(() => lines.length > 0)
    const { address: worker } = absurd
    expect(lines[0]).toMatchObject({ worker, code: 'BAD_MESSAGE' })
    expect(lines[0]?.['reason']).toContain(reason)
    for (let i = 0; i < 3; i++) expect((await ask(port)).text).toBe('other')
  })

  test('is used again once it reports what can be', async () => {
    const { lines, log } = createLog()
    const worker = await startWorker(answer('whole'))
    worker.load = { ...worker.load, concurrency: 1e300 }
    const { port, balancer } = await startBalancer([], { log })
    balancer.setWorkers([worker.address])
    await until(() => lines.length > 0)
    expect(lines[0]?.['reason']).toContain('concurrency 1e+300, expected at most 1000000')
    worker.load = { ...worker.load, concurrency: 1 }
    await until(() => balancer.workers[0]?.isReady === true)
    expect((await ask(port)).text).toBe('whole')
  })

  test('at the end of a response loses its connection, and the request goes elsewhere', async () => {
    const { lines, log } = createLog()
    const absurd = await startWorker(({ stream }) => {
      const report = { ...reported.report, seconds: 1e300 } as typeof reported.report
      stream.respond(plain, undefined, { trailers: '', ...(report && { report }) })
    })
    const other = await startWorker(answer('other'))
    const { port, balancer } = await startBalancer([absurd], { log })
    const asked = ask(port)
    await until(() => lines.length > 0)
    expect(lines[0]?.['reason']).toContain('service time 1e+300, expected at most 1000000000')
    absurd.behaviour = () => undefined
    balancer.setWorkers([other.address])
    expect((await asked).text).toBe('other')
  })
})

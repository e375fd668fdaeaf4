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

const huge = Number.MAX_VALUE

describe('a worker that reports more than there can be', () => {
  test('in its résumé and its load is used all the same: earlier releases have no bounds', async () => {
    const { lines, log } = createLog()
    const worker = await startWorker(answer('whole'))
    const sized = { fixed: huge, perUnit: huge, units: huge, spread: huge, perUnitAhead: huge }
    worker.resume = new Map([
      ['', { score: huge, seconds: huge, count: huge, rate: huge, ...sized }],
    ])
    worker.load = { ...worker.load, concurrency: huge }
    const { port, balancer } = await startBalancer([worker], { log, pool: 'cost' })
    for (let i = 0; i < 3; i++) expect((await ask(port)).text).toBe('whole')
    expect(balancer.workers[0]).toMatchObject({ isReady: true })
    expect(lines).toEqual([])
  })

  test('at the end of a response has served it', async () => {
    const { lines, log } = createLog()
    const worker = await startWorker(({ stream }) => {
      const others = { requests: huge, seconds: huge }
      const report = { ...reported.report, seconds: huge, others }
      stream.respond(plain, undefined, { trailers: '', report })
    })
    const { port } = await startBalancer([worker], { log })
    for (let i = 0; i < 3; i++) expect((await ask(port)).status).toBe(200)
    expect(lines).toEqual([])
  })
})

describe('a worker that reports what is no number', () => {
  test.each([
    ['a score', { ...plausible, score: Number.POSITIVE_INFINITY }, 'score'],
    ['a rate', { ...plausible, rate: Number.NaN }, 'rate'],
    ['a size', { ...plausible, fixed: 0, perUnit: -1 }, 'seconds per unit'],
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
    expect(lines[0]?.['reason']).toContain(`${reason} is not a number from 0`)
    for (let i = 0; i < 3; i++) expect((await ask(port)).text).toBe('other')
  })

  test('is used again once it reports what can be', async () => {
    const { lines, log } = createLog()
    const worker = await startWorker(answer('whole'))
    worker.load = { ...worker.load, concurrency: Number.NaN }
    const { port, balancer } = await startBalancer([], { log })
    balancer.setWorkers([worker.address])
    await until(() => lines.length > 0)
    expect(lines[0]?.['reason']).toContain('concurrency is not a number from 0')
    worker.load = { ...worker.load, concurrency: 1 }
    await until(() => balancer.workers[0]?.isReady === true)
    expect((await ask(port)).text).toBe('whole')
  })

  test('at the end of a response loses its connection, and the request goes elsewhere', async () => {
    const { lines, log } = createLog()
    const absurd = await startWorker(({ stream }) => {
      const report = { ...reported.report, seconds: Number.NaN } as typeof reported.report
      stream.respond(plain, undefined, { trailers: '', ...(report && { report }) })
    })
    const other = await startWorker(answer('other'))
    const { port, balancer } = await startBalancer([absurd], { log })
    const asked = ask(port)
    await until(() => lines.length > 0)
    expect(lines[0]?.['reason']).toContain('service time is not a number from 0')
    absurd.behaviour = () => undefined
    balancer.setWorkers([other.address])
    expect((await asked).text).toBe('other')
  })
})

/** Requests with a size and a chain: what a worker learns and tells. */
import { ManualClock } from '@resumelb/common/testing'
import { maxUnits } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import type { HandlerRequest } from '../src/index.ts'
import { TestBalancer } from './support/balancer.ts'
import { serve, until } from './support/setup.ts'

const sizes = { sizes: true }
const chain = [11, 12, 13]

/** What a balancer believes that has read what it was sent. */
function believed({ warmths }: TestBalancer): Set<number> {
  const links = new Set<number>()
  for (const { whole, warm, gone } of warmths) {
    if (whole) links.clear()
    for (const link of warm) links.add(link)
    for (const link of gone) links.delete(link)
  }
  return links
}

describe('a worker', () => {
  test('tells load balancers that know sizes what it is warm for', async () => {
    const { worker, balancer: old } = await serve((_req, res) => res.end('ok'))
    const [one, other] = [
      await TestBalancer.connect(worker, sizes),
      await TestBalancer.connect(worker, sizes),
    ]
    await one.fetch({ units: 100, chain })
    await one.fetch({ units: 100, chain: [...chain, 14] })
    for (const each of [one, other]) {
      await until(() => believed(each).size === 4)
      expect(believed(each)).toEqual(new Set([11, 12, 13, 14]))
    }
    const late = await TestBalancer.connect(worker, sizes)
    await until(() => late.warmths.length > 0)
    expect(late.warmths[0]).toEqual({ whole: true, warm: [14, 13, 12, 11], gone: [] })
    expect(old.warmths).toEqual([])
  })

  test('is not warm for a request that has failed', async () => {
    const { worker } = await serve((req, res) => {
      res.statusCode = req.url === '/bad' ? 500 : 200
      res.end('ok')
    })
    const balancer = await TestBalancer.connect(worker, sizes)
    const { report } = await balancer.fetch({ url: '/bad', chain })
    expect(report).not.toHaveProperty('depth')
    await balancer.fetch({ chain: [21] })
    await until(() => balancer.warmths.length > 0)
    expect(believed(balancer)).toEqual(new Set([21]))
  })

  test('reports what requests take by their size, and how deep they were warm', async () => {
    const clock = new ManualClock()
    const { worker } = await serve(
      async (req, res) => {
        await clock.advance(req.url === '/cold' ? 1000 : 500)
        res.end('ok')
      },
      {},
      { clock },
    )
    const balancer = await TestBalancer.connect(worker, sizes)
    const first = await balancer.fetch({ url: '/cold', units: 100, chain })
    expect(first.report).toMatchObject({ depth: 0, skill: { fixed: 0, perUnit: 0.01 } })
    const next = { units: 200, chain: [...chain, 14, 15, 16] }
    expect((await balancer.fetch({ url: '/cold', ...next })).report).toMatchObject({ depth: 3 })
    const plain = await balancer.fetch({ requestClass: 'plain' })
    expect(plain.report).not.toHaveProperty('depth')
    expect(plain.report?.skill).not.toHaveProperty('fixed')
  })

  test('measures the first byte of a stream by the size, and the rest beside that', async () => {
    const clock = new ManualClock()
    const { worker } = await serve(
      async (_req, res) => {
        await clock.advance(1000)
        res.write('first')
        await clock.advance(3000)
        res.end('last')
      },
      {},
      { clock },
    )
    const balancer = await TestBalancer.connect(worker, sizes)
    const { report } = await balancer.fetch({ units: 100 })
    expect(report?.skill).toMatchObject({ fixed: 0, perUnit: 0.01, rest: 3 })
    expect(report?.seconds).toBe(4)
  })

  test('reports of the others what they have still to do', async () => {
    const clock = new ManualClock()
    const streams: (() => void)[] = []
    const { worker } = await serve(
      async (req, res) => {
        if (req.url === '/learn') {
          await clock.advance(1000)
          res.write('first')
          await clock.advance(3000)
          return res.end()
        }
        if (req.url === '/open') streams.push(() => res.write('first'))
        else res.end()
        return undefined
      },
      {},
      { clock },
    )
    const [one, other] = [
      await TestBalancer.connect(worker, sizes),
      await TestBalancer.connect(worker, sizes),
    ]
    await one.fetch({ url: '/learn', units: 100 })
    const others = async () => (await other.fetch({ requestClass: 'x' })).report?.others
    const open = one.call({ url: '/open', units: 100 })
    await until(() => streams.length === 1)
    expect(await others()).toEqual({ requests: 1, seconds: 4 })
    streams[0]?.()
    await open.head
    expect(await others()).toEqual({ requests: 1, seconds: 3 })
    open.stream.reset('CANCELLED')
    await until(() => worker.backlog === 0)
    expect(await others()).toEqual({ requests: 0, seconds: 0 })
  })

  test('reports a request of any size as no more than a day of work', async () => {
    const clock = new ManualClock()
    let isOpen = false
    const { worker } = await serve(
      async (req, res) => {
        if (req.url === '/open') {
          isOpen = true
          return undefined
        }
        await clock.advance(1000 * Number(req.url?.slice(1)))
        return res.end()
      },
      {},
      { clock },
    )
    const [one, other] = [
      await TestBalancer.connect(worker, sizes),
      await TestBalancer.connect(worker, sizes),
    ]
    const serveUnits = (requestClass: string, units: number) =>
      one.fetch({ requestClass, units, url: `/${3 * units}` })
    for (let i = 0; i < 30; i++) await serveUnits('known', 1 + (i % 5))
    await serveUnits('new', 1)
    const open = one.call({ requestClass: 'new', url: '/open', units: maxUnits })
    await until(() => isOpen)
    const { report } = await other.fetch({ url: '/0', requestClass: 'x' })
    expect(report?.others).toEqual({ requests: 1, seconds: 86_400 })
    open.stream.reset('CANCELLED')
    await until(() => worker.backlog === 0)
  })

  test('believes an application that says how deep it was warm', async () => {
    const { worker } = await serve((req, res) => {
      const { resumelb } = req as HandlerRequest
      resumelb.warm(req.url === '/much' ? 99 : 2)
      res.end(String(resumelb.chain?.length))
    })
    const balancer = await TestBalancer.connect(worker, sizes)
    expect(await balancer.fetch({ units: 90, chain })).toMatchObject({
      text: '3',
      report: { depth: 2 },
    })
    expect((await balancer.fetch({ url: '/much', chain })).report?.depth).toBe(3)
    expect((await balancer.fetch()).report).not.toHaveProperty('depth')
  })

  test.each([-1, Number.NaN])('refuses a depth of %d', async (depth) => {
    const { worker } = await serve((req, res) => {
      try {
        ;(req as HandlerRequest).resumelb.warm(depth)
      } catch (error) {
        res.end(String(error))
      }
    })
    const balancer = await TestBalancer.connect(worker, sizes)
    const { text } = await balancer.fetch({ chain })
    expect(text).toBe(`RangeError: Expected a depth from 0, got ${depth}`)
  })

  test('is warm for nothing when its application has lost its caches', async () => {
    const { worker } = await serve((_req, res) => res.end('ok'))
    const balancer = await TestBalancer.connect(worker, sizes)
    await balancer.fetch({ chain })
    await until(() => believed(balancer).size === 3)
    worker.forgetWarmth()
    await until(() => believed(balancer).size === 0)
    expect((await balancer.fetch({ chain })).report?.depth).toBe(0)
  })

  test('remembers no more links than it may', async () => {
    const { worker } = await serve((_req, res) => res.end('ok'), { maxWarmLinks: 2 })
    const balancer = await TestBalancer.connect(worker, sizes)
    await balancer.fetch({ chain: [1, 2] })
    await balancer.fetch({ chain: [3] })
    await until(() => believed(balancer).has(3))
    expect(believed(balancer)).toEqual(new Set([1, 3]))
  })
})

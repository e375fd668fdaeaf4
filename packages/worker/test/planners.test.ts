/** Several load balancers of one worker, of which one plans: real sockets. */
import { ManualClock } from '@resumelb/common/testing'
import type { PlannedHome } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import type { Worker } from '../src/index.ts'
import { Planners, type PlanningConnection } from '../src/planners.ts'
import { TestBalancer } from './support/balancer.ts'
import { serve, until } from './support/setup.ts'

const home: PlannedHome = { requestClass: 'a', delay: 0, seconds: 20, instead: '10.0.0.1:80' }
const limits = { window: 1, maxStreams: 1 }
const [leads, follows] = [true, false].map((does) => ({ step: 'lead', leads: does }))

const sharing = (worker: Worker, id: string) =>
  TestBalancer.connect(worker, { id, sharesPlans: true })

/** Once the balancer has got so many steps. */
async function stepsOf({ handOvers }: TestBalancer, count: number) {
  await until(() => handOvers.length >= count)
  return handOvers
}

describe('of the load balancers that share plans', () => {
  test('the one with the least id leads, whichever came first', async () => {
    const { worker } = await serve((_req, res) => void res.end())
    const second = await sharing(worker, '2')
    const third = await sharing(worker, '3')
    expect(await stepsOf(third, 1)).toEqual([follows])
    const first = await sharing(worker, '1')
    expect(await stepsOf(second, 1)).toEqual([follows])
    expect(first.handOvers).toEqual([])
  })

  test('the one with the next id leads when the first one is lost', async () => {
    const { worker } = await serve((_req, res) => void res.end())
    const first = await sharing(worker, '1')
    const [third, second] = [await sharing(worker, '3'), await sharing(worker, '2')]
    await Promise.all([stepsOf(second, 1), stepsOf(third, 1)])
    first.connection.destroy()
    expect(await stepsOf(second, 2)).toEqual([follows, leads])
    expect(third.handOvers).toEqual([follows])
  })

  test('all but the one that has planned a home hear of it', async () => {
    const { worker, balancer: old } = await serve((_req, res) => void res.end())
    const [first, second] = [await sharing(worker, '1'), await sharing(worker, '2')]
    const handing = await TestBalancer.connect(worker, { id: '0', handsOver: true })
    first.connection.sendHandOver({ step: 'plan', home })
    expect(await stepsOf(second, 2)).toEqual([follows, { step: 'planned', home }])
    // What does not share plans does not lead either, and hears nothing of them.
    expect([first, old, handing].map(({ handOvers }) => handOvers)).toEqual([[], [], []])
  })

  test('one that sends no requests does not lead while another one sends some', async () => {
    const clock = new ManualClock()
    // The other ends have the time of the computer, and do not answer in that of this clock.
    const connection = { silenceTimeout: 3_600_000 }
    const { worker } = await serve((_req, res) => void res.end(), { connection }, { clock })
    const [standby, used] = [await sharing(worker, '1'), await sharing(worker, '2')]
    await stepsOf(used, 1)
    await clock.advance(60_000)
    expect([standby, used].map(({ handOvers }) => handOvers)).toEqual([[], [follows]])
    await used.fetch()
    await clock.advance(60_000)
    expect(await stepsOf(used, 2)).toEqual([follows, leads])
    expect(await stepsOf(standby, 1)).toEqual([follows])
    // Nor does one that is new, unless it comes before those that send requests.
    const late = await sharing(worker, '3')
    expect(await stepsOf(late, 1)).toEqual([follows])
    await standby.fetch()
    await clock.advance(60_000)
    expect(await stepsOf(standby, 2)).toEqual([follows, leads])
  })

  test('one that has connected again leads, although its former connection has not ended', async () => {
    const { worker } = await serve((_req, res) => void res.end())
    const lost = await sharing(worker, '1')
    const [other, again] = [await sharing(worker, '2'), await sharing(worker, '1')]
    await Promise.all([stepsOf(lost, 1), stepsOf(other, 1)])
    lost.connection.destroy()
    again.connection.sendHandOver({ step: 'plan', home })
    expect(await stepsOf(other, 2)).toEqual([follows, { step: 'planned', home }])
    expect(again.handOvers).toEqual([])
  })

  test('one that does not share plans cannot send any', async () => {
    const { worker } = await serve((_req, res) => void res.end())
    const first = await sharing(worker, '1')
    const old = await TestBalancer.connect(worker, { id: '0' })
    old.connection.sendHandOver({ step: 'plan', home })
    await old.fetch()
    await first.fetch()
    expect(first.handOvers).toEqual([])
  })

  test('one that does not read what it is sent misses plans', () => {
    const got: unknown[] = []
    const connectionOf = (id: string, unsentLength: number): PlanningConnection => ({
      peer: { role: 'balancer', software: 'test', id, limits, sharesPlans: true },
      unsentLength,
      sendHandOver: ({ step }) => void got.push(`${id} ${step}`),
    })
    const planners = new Planners(new ManualClock())
    const [first, second, third] = [
      connectionOf('1', 0),
      connectionOf('2', 2 ** 21),
      connectionOf('3', 2 ** 19),
    ]
    for (const each of [first, second, third]) planners.add(each, () => 0)
    planners.plan(first, home)
    expect(got).toEqual(['2 lead', '3 lead', '3 planned'])
  })
})

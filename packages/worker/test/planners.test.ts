/** Several load balancers of one worker, of which one plans: real sockets. */
import type { PlannedHome } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import type { Worker } from '../src/index.ts'
import { TestBalancer } from './support/balancer.ts'
import { serve, until } from './support/setup.ts'

const home: PlannedHome = { requestClass: 'a', delay: 0, seconds: 20, instead: '10.0.0.1:80' }
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
})

import { ManualClock } from '@resumelb/common/testing'
import { describe, expect, test } from 'vitest'
import { LoadBalancerEvents } from '../../src/events.ts'
import { absencePatience, Presence } from '../../src/workers/presence.ts'
import type { Worker } from '../../src/workers/worker.ts'

const worker = { key: 'a:1', snapshot: () => ({ backlog: 3 }) } as unknown as Worker

function makePresence() {
  const clock = new ManualClock()
  const events = new LoadBalancerEvents()
  const said: unknown[] = []
  const names = [
    ...['maintenanceBegan', 'maintenanceEnded', 'workerDraining', 'workerUp'],
    ...['workerDown', 'workerUnresponsive', 'workerResponsive', 'noWorker'],
  ]
  for (const name of names as 'workerUp'[]) events.on(name, (facts) => said.push([name, facts]))
  const presence = new Presence({ clock, events, listed: () => 2, waiting: () => 5 })
  return { clock, presence, said }
}

describe('the presence of workers', () => {
  test('is not missed before the list of workers is known', async () => {
    const { clock, said } = makePresence()
    await clock.advance(60_000)
    expect(said).toEqual([])
  })

  test('is missed a second after the first list, and again half a minute later', async () => {
    const { clock, presence, said } = makePresence()
    presence.listKnown()
    await clock.advance(absencePatience - 1)
    expect(said).toEqual([])
    await clock.advance(1)
    const facts = { workers: 2, waiting: 5 }
    expect(said).toEqual([['noWorker', { ...facts, seconds: 1 }]])
    await clock.advance(30_000)
    presence.listKnown()
    expect(said.at(-1)).toEqual(['noWorker', { ...facts, seconds: 31 }])
  })

  test('is not missing once something is heard, until the last one has gone', async () => {
    const { clock, presence, said } = makePresence()
    presence.listKnown()
    presence.endAbsence()
    presence.rise(worker, '7', 4)
    presence.listKnown()
    await clock.advance(60_000)
    expect(said).toEqual([['workerUp', { worker: 'a:1', version: '7', classes: 4 }]])
    presence.sink(worker, 'gone', false)
    await clock.advance(60_000)
    expect(said.at(-1)).toEqual(['workerDown', { worker: 'a:1', reason: 'gone' }])
    presence.sink(worker, 'gone', true)
    await clock.advance(absencePatience)
    expect(said.at(-1)).toMatchObject(['noWorker', { seconds: 1 }])
    presence.endAbsence()
    const before = said.length
    await clock.advance(60_000)
    expect(said).toHaveLength(before)
  })

  test('says what the stages of a worker mean', () => {
    const { presence, said } = makePresence()
    for (const stage of ['maintenance', 'serving', 'draining'] as const) {
      presence.enter(worker, stage)
    }
    const expected = ['maintenanceBegan', 'maintenanceEnded', 'workerDraining']
    expect(said).toEqual(expected.map((name) => [name, { worker: 'a:1' }]))
  })

  test('says how long a worker did not answer, and nothing of one that was lost meanwhile', async () => {
    const { clock, presence, said } = makePresence()
    presence.endAbsence()
    presence.rise(worker, '', 0)
    presence.silent(worker)
    expect(said.at(-1)).toEqual(['workerUnresponsive', { worker: 'a:1', requests: 3 }])
    await clock.advance(2_500)
    presence.answers(worker)
    expect(said.at(-1)).toEqual(['workerResponsive', { worker: 'a:1', seconds: 2.5 }])
    presence.silent(worker)
    presence.sink(worker, 'gone', false)
    const before = said.length
    presence.answers(worker)
    expect(said).toHaveLength(before)
  })
})

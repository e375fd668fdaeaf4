import { silentLogger } from '@resumelb/common'
import { ManualClock } from '@resumelb/common/testing'
import type { HandOver } from '@resumelb/protocol'
import { expect, test } from 'vitest'
import { Joins } from '../../../src/workers/hand-over/joins.ts'
import type { Worker } from '../../../src/workers/worker.ts'

function workerNamed(key: string, knowsHandOvers = true) {
  const got: string[] = []
  const handOver = (message: HandOver) => {
    if (knowsHandOvers) {
      got.push(message.step === 'prepare' ? message.handed.requestClass : message.step)
    }
    return knowsHandOvers
  }
  return { got, worker: { key, handOver } as unknown as Worker }
}

const offerOf = (names: string, goesOn = false) => ({
  step: 'offer' as const,
  goesOn,
  classes: [...names].map((requestClass) => ({ requestClass, seconds: 1, requests: [], rate: 1 })),
})

function setUp() {
  const clock = new ManualClock()
  const planned: string[] = []
  const joins = new Joins({
    clock,
    log: silentLogger,
    onPlanned: ({ key }, donors) => {
      for (const [name, donor] of donors) planned.push(`${name} from ${donor.key} to ${key}`)
    },
  })
  const [one, two] = [workerNamed('w1'), workerNamed('w2')]
  const [three, four] = [workerNamed('w3'), workerNamed('w4')]
  return { clock, planned, joins, one, two, three, four }
}

test('a worker that joins gets classes when all others have made their offers', () => {
  const { joins, planned, one, two, three } = setUp()
  joins.begin(three.worker, [one.worker, two.worker, workerNamed('old', false).worker])
  expect([one.got, two.got]).toEqual([['ask'], ['ask']])
  joins.onOffer(one.worker, offerOf('ab', true))
  joins.onOffer(two.worker, offerOf('xyz'))
  expect(three.got).toEqual([])
  joins.onOffer(one.worker, offerOf('c'))
  expect(three.got).toEqual(['a', 'x', 'done'])
  expect(planned).toEqual(['a from w1 to w3', 'x from w2 to w3'])
})

test('offers that do not come are not waited for', async () => {
  const { clock, joins, one, two, three } = setUp()
  joins.begin(three.worker, [one.worker, two.worker])
  joins.onOffer(one.worker, offerOf('abcd'))
  await clock.advance(2_000)
  expect(three.got).toEqual(['a', 'b', 'done'])
  joins.onOffer(two.worker, offerOf('wxyz'))
  expect(three.got).toHaveLength(3)
})

test('a worker that is lost offers nothing more', () => {
  const { joins, one, two, three } = setUp()
  joins.begin(three.worker, [one.worker, two.worker])
  joins.onOffer(one.worker, offerOf('abcd'))
  joins.lose(two.worker)
  expect(three.got.at(-1)).toBe('done')
})

test('a worker that joins alone is done at once', () => {
  const { joins, planned, three } = setUp()
  joins.begin(three.worker, [])
  expect([three.got, planned]).toEqual([['done'], []])
})

test('two workers that join get different classes', () => {
  const { joins, one, three, four } = setUp()
  joins.begin(three.worker, [one.worker])
  joins.begin(four.worker, [one.worker])
  joins.onOffer(one.worker, offerOf('abcdef'))
  expect([three.got, four.got]).toEqual([
    ['a', 'b', 'done'],
    ['c', 'done'],
  ])
})

test('of a worker that offers without end, only so many classes are kept', () => {
  const { joins, planned, one, three } = setUp()
  joins.begin(three.worker, [one.worker])
  const endless = offerOf('a'.repeat(20_000)).classes
  joins.onOffer(one.worker, { step: 'offer', goesOn: true, classes: endless })
  joins.onOffer(one.worker, { step: 'offer', goesOn: true, classes: endless.slice(0, 100) })
  joins.onOffer(one.worker, offerOf('z'))
  expect(planned).not.toContain('z from w1 to w3')
})

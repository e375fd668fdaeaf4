import type { HandOver } from '@resumelb/protocol'
import { expect, test } from 'vitest'
import type { WorkerSummary } from '../../../src/pool/pool.ts'
import { Moves } from '../../../src/workers/hand-over/moves.ts'
import type { Worker } from '../../../src/workers/worker.ts'

/** Reckons when it is asked, as the summary of the `cost` policy does. */
class Served implements WorkerSummary<Worker> {
  readonly weight = 1
  readonly classes = 0
  readonly demand = 0
  readonly worker: Worker
  readonly #names: string

  constructor(worker: Worker, names: string) {
    this.worker = worker
    this.#names = names
  }

  countOf(requestClass: string): number {
    return [...this.#names].filter((each) => each === requestClass).length
  }

  demandOf(): number {
    return 0
  }
}

/** Has served each class as often as it is named. */
function workerWith(classes: string, handsOver = true) {
  const got: string[] = []
  const handOver = (message: HandOver) => {
    if (message.step === 'ask') got.push(`ask ${message.classes}`)
    if (message.step === 'prepare') got.push(`prepare ${message.handed.requestClass}`)
    return handsOver
  }
  const worker = { handOver, handsOver } as unknown as Worker
  return { got, worker, summary: new Served(worker, classes) }
}

const offerOf = (names: string) => ({
  step: 'offer' as const,
  goesOn: false,
  classes: [...names].map((requestClass) => ({ requestClass, seconds: 1, requests: [] })),
})

function setUp() {
  const [one, two, three] = [workerWith('abb'), workerWith('aa'), workerWith('aaa', false)]
  const four = workerWith('aaaa')
  const moves = new Moves(() => [one, two, three, four].map(({ summary }) => summary))
  return { moves, one, two, three, four }
}

test('a worker gets warm with the requests of the one that has served the class most', () => {
  const { moves, one, two, four } = setUp()
  expect([moves.begin(four.worker, 'a'), moves.begin(four.worker, 'b')]).toEqual([true, true])
  expect([one.got, two.got, four.got]).toEqual([['ask b'], ['ask a'], []])
  expect(moves.onOffer(two.worker, offerOf('a'))).toBe(true)
  expect(four.got).toEqual(['prepare a'])
  expect(moves.onOffer(one.worker, offerOf(''))).toBe(true)
  expect(four.got).toEqual(['prepare a'])
})

test('no worker gets warm for a class that no other one can hand over', () => {
  const { moves, one, four } = setUp()
  expect([moves.begin(four.worker, 'c'), moves.begin(one.worker, 'b')]).toEqual([false, false])
  expect([one.got, four.got]).toEqual([[], []])
})

test('an offer that was not asked for, or after the connection was lost, is of no move', () => {
  const { moves, one, two } = setUp()
  expect(moves.onOffer(two.worker, offerOf('a'))).toBe(false)
  moves.begin(two.worker, 'b')
  moves.lose(one.worker)
  expect(moves.onOffer(one.worker, offerOf('b'))).toBe(false)
  expect(two.got).toEqual([])
})

import type { HandOver, Skill } from '@resumelb/protocol'
import { expect, test } from 'vitest'
import { Returns } from '../../../src/workers/hand-over/returns.ts'
import type { Worker } from '../../../src/workers/worker.ts'
import { traitsOf } from '../../pool/support/play.ts'

const skill: Skill = { score: 1, seconds: 1, count: 1, rate: 0 }
const skills = (names: string) => new Map([...names].map((name) => [name, skill]))
const ready = { traits: traitsOf('w1') }
const warming = { traits: traitsOf('w1', { state: 'warming', warmsUp: true }) }

function workerNamed(key: string, handsOver = true) {
  const forgotten: string[] = []
  const handOver = (message: HandOver) => {
    if (message.step === 'forget') forgotten.push(...message.classes)
    return true
  }
  return { forgotten, worker: { key, handsOver, handOver } as unknown as Worker }
}

/** Worker 1 is away; worker 2 has its classes a and b, worker 3 has c. */
function setUp({ handsOver = true } = {}) {
  const home = workerNamed('w1', handsOver)
  const [two, three] = [workerNamed('w2'), workerNamed('w3')]
  const returns = new Returns()
  const substitutes = { a: two.worker, b: two.worker, c: three.worker }
  returns.leave(home.worker, new Map(Object.entries(substitutes)))
  const forgotten = () => [two, three].map((each) => each.forgotten.sort().join(''))
  return { returns, home: home.worker, two: two.worker, forgotten }
}

test('a worker that is back and warm has its classes for itself', () => {
  const { returns, home, forgotten } = setUp()
  returns.lose(home)
  returns.onUpdate(home, { ...warming, resume: skills('abcx') })
  returns.onUpdate(home, { changes: new Map([['b', null]]) })
  expect(forgotten()).toEqual(['', ''])
  returns.onUpdate(home, ready)
  expect(forgotten()).toEqual(['a', 'c'])
  returns.onUpdate(home, ready)
  expect(forgotten()).toEqual(['a', 'c'])
})

test('one that was not restarted is as warm as it was', () => {
  const { returns, home, forgotten } = setUp()
  returns.onUpdate(home, { traits: traitsOf('w1', { state: 'draining' }) })
  returns.onUpdate(home, ready)
  expect(forgotten()).toEqual(['ab', 'c'])
})

test.each([
  ['knows nothing', {}, ''],
  ['does not warm up', { handsOver: false }, 'abc'],
])('one that comes back and %s changes nothing', (_what, options, resume) => {
  const { returns, home, forgotten } = setUp(options)
  returns.lose(home)
  returns.onUpdate(home, { ...ready, resume: skills(resume) })
  expect(forgotten()).toEqual(['', ''])
})

test('a class goes back past a worker that has left in the meantime', () => {
  const { returns, home, two, forgotten } = setUp()
  const four = workerNamed('w4')
  returns.leave(two, new Map([['a', four.worker]]))
  returns.onUpdate(home, ready)
  expect([...forgotten(), ...four.forgotten]).toEqual(['b', 'c', 'a'])
})

test('a worker that joins has the classes for itself that it is warm for, when it is ready', () => {
  const { returns, home, two, forgotten } = setUp()
  returns.join(home, new Map(Object.entries({ a: two, b: two })))
  returns.onUpdate(home, warming)
  returns.onUpdate(home, { changes: skills('a') })
  expect(forgotten()).toEqual(['', ''])
  returns.onUpdate(home, ready)
  expect(forgotten()).toEqual(['a', ''])
  // A report may be overtaken by that of the state.
  returns.onUpdate(home, { changes: skills('bc') })
  expect(forgotten()).toEqual(['ab', ''])
})

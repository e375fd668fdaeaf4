import { expect, test } from 'vitest'
import { CostPool } from '../../../../src/pool/policies/cost-pool.ts'
import { StatesPool } from '../../../../src/pool/wrappers/states-pool.ts'
import { traitsOf } from '../../support/play.ts'

const skill = (count: number, rate = 0) => ({ score: 2, seconds: 0.5, count, rate })

test('a summary counts the classes that a worker has served lately, and their work', () => {
  const pool = new CostPool<string>()
  const resume = new Map([
    ['a', skill(20, 4)],
    ['b', skill(1, 2)],
    ['c', skill(0.1)],
  ])
  pool.update('w1', { traits: traitsOf('w1', { concurrency: 4, capacity: 2 }), resume }, 0)
  const [summary] = pool.summaries(0)
  expect(summary).toMatchObject({ worker: 'w1', weight: 8, classes: 2, demand: 3 })
  expect(['a', 'c', 'd'].map((each) => summary?.countOf(each))).toEqual([20, 0.1, 0])
})

test('there are summaries of the workers that take requests, or will when they are warm', () => {
  const pool = new StatesPool<string>(() => new CostPool())
  pool.update('w1', { traits: traitsOf('w1') }, 0)
  pool.update('w2', { traits: traitsOf('w2', { state: 'draining' }) }, 0)
  pool.update('w4', { traits: traitsOf('w4', { state: 'unready' }) }, 0)
  pool.update('w3', { traits: traitsOf('w3', { state: 'warming', warmsUp: true }) }, 0)
  expect(pool.summaries(0)?.map(({ worker }) => worker)).toEqual(['w1', 'w3'])
})

import { expect, test } from 'vitest'
import type { Outcome } from '../../affinity/outcome.ts'
import { meanBySecond, restartChart } from '../../affinity/restart-chart.ts'

test('requests count in the second in which they were due', () => {
  const samples = [
    [1.9, 40],
    [0.1, 10],
    [0.9, 20],
    [3, 5],
  ] as const
  expect(meanBySecond(samples)).toEqual([
    [0.5, 15],
    [1.5, 40],
    [3.5, 5],
  ])
})

test('there is no picture if no load balancer went through restarts', () => {
  const rows = [{ name: 'a', product: 'nginx', note: '', measured: {}, restarts: [] }]
  expect(restartChart({ rows } as unknown as Outcome)).toBeUndefined()
})

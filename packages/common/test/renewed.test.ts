import { expect, test } from 'vitest'
import { Renewed } from '../src/renewed.ts'

const window = 64

/** The number of samples before each renewal, and those that count after it. */
function renewals(samples: number): [before: number, count: number][] {
  const renewed = new Renewed<number[]>(() => [])
  const found: [number, number][] = []
  for (let sample = 1; sample <= samples; sample++) {
    renewed.current.push(sample)
    renewed.younger?.push(sample)
    const older = renewed.added(window)
    if (older === undefined) continue
    expect(older.slice(-renewed.current.length)).toEqual(renewed.current)
    found.push([sample, renewed.current.length])
  }
  return found
}

test('statistics are replaced by those of the last half of the samples, or of the last window', () => {
  expect(renewals(300)).toEqual([
    [32, 16],
    [64, 32],
    [128, 64],
    [192, 64],
    [256, 64],
  ])
})

test('few samples replace nothing', () => {
  expect(renewals(31)).toEqual([])
})

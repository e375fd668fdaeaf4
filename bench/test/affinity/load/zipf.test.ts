import { describe, expect, test } from 'vitest'
import { createZipf } from '../../../affinity/load/zipf.ts'
import { Random } from '../../../simulate/random.ts'

/** How often each place is drawn. */
function counts(places: number, exponent: number, draws: number): number[] {
  const draw = createZipf(places, exponent, new Random('zipf'))
  const drawn = new Array<number>(places).fill(0)
  for (let i = 0; i < draws; i++) drawn[draw()]!++
  return drawn
}

describe('createZipf', () => {
  test('draws the k-th place as 1 / k ** exponent', () => {
    const [first, second, third, fourth] = counts(4, 1, 100_000) as [number, number, number, number]
    expect(first / second).toBeCloseTo(2, 1)
    expect(first / third).toBeCloseTo(3, 0)
    expect(first / fourth).toBeCloseTo(4, 0)
  })

  test('draws all places alike if the exponent is 0', () => {
    for (const count of counts(5, 0, 50_000)) expect(count / 10_000).toBeCloseTo(1, 1)
  })

  test('draws the only place there is', () => {
    expect(counts(1, 1, 10)).toEqual([10])
  })
})

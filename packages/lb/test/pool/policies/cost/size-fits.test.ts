import { describe, expect, test } from 'vitest'
import { SizeFits } from '../../../../src/pool/policies/cost/size-fits.ts'

const skillOf = (fixed: number, perUnit: number, rest?: number) => ({
  score: 1,
  seconds: 1,
  count: 9,
  rate: 1,
  fixed,
  perUnit,
  ...(rest !== undefined && { rest }),
})
function lineOf(fits: SizeFits, classNumber: number, member: number) {
  fits.select(classNumber)
  return { ...fits.lineAt(member) }
}

describe('SizeFits', () => {
  test('knows what a worker has said of a class', () => {
    const fits = new SizeFits()
    fits.learn(0, 5, skillOf(1, 0.1, 3))
    fits.learn(1, 5, skillOf(2, 0.2))
    expect(lineOf(fits, 5, 0)).toMatchObject({ fixed: 1, perUnit: 0.1, rest: 3 })
    expect(lineOf(fits, 5, 1)).toMatchObject({ fixed: 2, perUnit: 0.2, rest: 0 })
  })

  test('expects of a worker that has not served the class what others take', () => {
    const fits = new SizeFits()
    fits.learn(0, 5, skillOf(1, 0.1, 3))
    expect(lineOf(fits, 5, 1)).toEqual({ fixed: 1, perUnit: 0.1, rest: 3 })
  })

  test('expects of a class that no worker has served what others take', () => {
    const fits = new SizeFits()
    fits.learn(0, 5, skillOf(1, 0.1))
    expect(lineOf(fits, 6, 0)).toEqual({ fixed: 1, perUnit: 0.1, rest: 0 })
  })

  test('expects more of a fast worker', () => {
    const fits = new SizeFits()
    for (let i = 0; i < 300; i++) {
      fits.use(5, 10)
      fits.learn(0, 5, skillOf(0, 0.1))
      fits.learn(1, 5, skillOf(0, 0.4))
    }
    const [fast, slow] = [0, 1].map((member) => lineOf(fits, 6, member).perUnit)
    expect((slow as number) / (fast as number)).toBeCloseTo(4, 0)
  })

  test('ignores skills without a size, and forgets classes and workers', () => {
    const fits = new SizeFits()
    fits.learn(0, 5, { score: 1, seconds: 1, count: 9, rate: 1 })
    expect(lineOf(fits, 5, 0)).toEqual({ fixed: 0, perUnit: 0, rest: 0 })
    fits.learn(0, 5, skillOf(1, 0.1))
    fits.learn(1, 5, skillOf(3, 0.3))
    fits.forgetMember(1)
    expect(lineOf(fits, 5, 1).fixed).toBeLessThan(3)
    fits.forgetClass(5)
    expect(lineOf(fits, 5, 0).fixed).toBeGreaterThan(1)
  })
})

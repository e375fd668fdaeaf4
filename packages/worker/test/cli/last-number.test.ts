import { UsageError } from '@resumelb/common/cli'
import { describe, expect, test } from 'vitest'
import { lastNumber } from '../../src/cli/last-number.ts'

describe('a number on the command line', () => {
  test.each([
    ['is taken as it is', 3, 3],
    ['may be the least', 1, 1],
    ['counts the last time it is given', [5, 2], 2],
    ['may be missing', undefined, undefined],
  ])('%s', (_rule, given, number) => {
    expect(lastNumber('history', 1)(given)).toBe(number)
  })

  test.each([Number.NaN, 0.5, -1, [1, Number.NaN], '3'])('cannot be %o', (given) => {
    expect(() => lastNumber('history', 1)(given)).toThrow(UsageError)
  })

  test('that cannot be is named', () => {
    expect(() => lastNumber('history', 1)(Number.NaN)).toThrow(
      'Expected --history to be a number from 1 up',
    )
  })
})

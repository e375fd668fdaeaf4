import { OptionError } from '@resumelb/common'
import { describe, expect, test } from 'vitest'
import {
  changedSettings,
  checkSettingNames,
  resolveSettings,
  settingChanges,
} from '../../src/pool/settings.ts'

const specs = {
  price: { default: 1, min: 0, max: 10, help: '' },
  backlogHistory: { default: 9, min: 1, max: 100, whole: true, help: '' },
} as const

describe('resolveSettings', () => {
  test.each([
    ['fills in what is absent', {}, { price: 1, backlogHistory: 9 }],
    [
      'takes undefined and null for absent',
      { price: undefined, backlogHistory: null },
      { price: 1, backlogHistory: 9 },
    ],
    [
      'reads strings as numbers',
      { price: '2', backlogHistory: ' 7 ' },
      { price: 2, backlogHistory: 7 },
    ],
    [
      'cuts off fractions of whole numbers',
      { price: 3.5, backlogHistory: 6.2 },
      { price: 3.5, backlogHistory: 6 },
    ],
    ['knows snake_case names', { backlog_history: 5 }, { price: 1, backlogHistory: 5 }],
    ['ignores settings of others', { pirce: 5 }, { price: 1, backlogHistory: 9 }],
  ])('%s', (_rule, given, expected) => {
    expect(resolveSettings(specs, given)).toEqual(expected)
  })

  test.each([
    ['a word', 'much', "'much'"],
    ['an empty string', '', "''"],
    ['NaN', Number.NaN, 'NaN'],
    ['too little', -1, '-1'],
    ['too much', 11, '11'],
    ['infinity', Number.POSITIVE_INFINITY, 'Infinity'],
    ['a truth value', true, 'true'],
    ['an object', {}, '{}'],
  ])('refuses %s, and says what it should be', (_rule, price, shown) => {
    const error = new OptionError('price', 'from 0 to 10', price)
    expect(() => resolveSettings(specs, { price })).toThrow(error)
    expect(error.message).toBe(`Expected price to be from 0 to 10, got ${shown}`)
  })
})

describe('checkSettingNames', () => {
  const known = ['price', 'backlogHistory']

  test('accepts names in camelCase and snake_case', () => {
    checkSettingNames({ price: 1, backlogHistory: 2, backlog_history: 3 }, known)
  })

  test.each([
    ['prize', 'did you mean price?'],
    ['Price', 'did you mean price?'],
    ['backlog-history', 'did you mean backlogHistory?'],
    ['backloghistroy', 'did you mean backlogHistory?'],
    ['nonsense', "of price, backlogHistory, got 'nonsense'"],
    ['__proto__x', 'of price, backlogHistory'],
  ])('refuses %s', (name, message) => {
    expect(() => checkSettingNames({ [name]: 1 }, known)).toThrow(message)
  })
})

describe('changes of settings', () => {
  const before = { price: 1, moveGap: 2 }
  const after = { price: 1, variance: 3 }

  test('make the one settings of the other', () => {
    const changes = settingChanges(before, after)
    expect(changes).toEqual({ moveGap: null, variance: 3 })
    expect(changedSettings(before, changes)).toEqual(after)
  })

  test('leave alone what they do not name', () => {
    expect(changedSettings(before, { variance: 3, price: undefined })).toEqual({
      moveGap: 2,
      variance: 3,
    })
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PropertyValue } from '../../src/node-data.ts'
import { parsePythonLiteral, pythonRepr, pythonStr } from '../../src/tree/python-literal.ts'
import { patient } from '../harness.ts'

describe('parsePythonLiteral', () => {
  test.each<[string, PropertyValue]>([
    ['1', 1],
    ['-1.5', -1.5],
    ['+2', 2],
    ['.5', 0.5],
    ['1e3', 1000],
    ['10L', 10],
    ['0x1F', 31],
    ['1_000', 1000],
    ["'a b'", 'a b'],
    ['"it\'s"', "it's"],
    ["u'x'", 'x'],
    ['U"x"', 'x'],
    [String.raw`'it\'s \\ \n\t\x41\u00e9\101\q'`, "it's \\ \n\tAéA\\q"],
    ['\'a\' "b"', 'ab'],
    ['True', true],
    ['False', false],
    ['None', null],
    ['[]', []],
    ["[1, 'a', [2],]", [1, 'a', [2]]],
    ['()', []],
    ['(1)', 1],
    ['(1,)', [1]],
    ['(1, 2)', [1, 2]],
    ["{'a': 1, u'b': {2: None}}", { a: 1, b: { 2: null } }],
    ["'1.2.3.4:80'   # the address", '1.2.3.4:80'],
    ["'# not a comment'", '# not a comment'],
  ])('reads %s', (text, value) => {
    expect(parsePythonLiteral(text)).toEqual(value)
  })

  test.each([
    ['abc', "'abc' is not a number"],
    ['1 2', "'2' after the value"],
    ["'abc", 'unterminated string'],
    ['[1', 'expected'],
    ['[1 2]', "',' or ']' expected"],
    ['{1}', "':' expected"],
    ['{[1]: 2}', 'the names in a dictionary'],
    ['(', 'unexpected end'],
    ['__import__("os")', 'is not a number'],
    ['12345678901234567891', 'too large'],
    ['1e999', 'too large'],
    ['['.repeat(500), 'nested'],
  ])('refuses %.30s', (text, reason) => {
    expect(() => parsePythonLiteral(text)).toThrow(reason)
  })
})

describe('pythonRepr', () => {
  test.each<[PropertyValue, string]>([
    ["it's", `"it's"`],
    [`"it's"`, String.raw`'"it\'s"'`],
    ['a\nb\\\x00é', String.raw`'a\nb\\\x00é'`],
    [[1, true, null, { a: 'b' }], "[1, True, None, {'a': 'b'}]"],
  ])('shows %o as Python does', (value, text) => {
    expect(pythonRepr(value)).toBe(text)
  })

  test('writes what parsePythonLiteral reads', patient, () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (raw) => {
        const value = JSON.parse(JSON.stringify(raw)) as PropertyValue
        expect(parsePythonLiteral(pythonRepr(value))).toEqual(value)
      }),
      { numRuns: 300 },
    )
  })
})

test('pythonStr shows a string without quotes, and other values as they are written', () => {
  expect([pythonStr('a b'), pythonStr(['a']), pythonStr(true)]).toEqual(['a b', "['a']", 'True'])
})

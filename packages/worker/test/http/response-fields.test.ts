import { splitHeaders } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import { headFields, trailerBlock } from '../../src/http/response-fields.ts'

describe('the fields of a head', () => {
  test.each<[string, unknown, string[]]>([
    ['an object', { A: '1', B: 2 }, ['A', '1', 'B', '2']],
    ['an object with lists', { A: ['1', '2'] }, ['A', '1', 'A', '2']],
    ['names and values in turn', ['A', '1', 'a', '2'], ['A', '1', 'a', '2']],
    [
      'pairs',
      [
        ['A', '1'],
        ['B', ['2', '3']],
      ],
      ['A', '1', 'B', '2', 'B', '3'],
    ],
    ['nothing', undefined, []],
    ['an empty list', [], []],
  ])('may be given as %s', (_form, given, fields) => {
    expect(splitHeaders(headFields(given, false).block)).toEqual(fields)
  })

  test('may be Node’s own table', () => {
    const table = { 'x-a': ['X-A', '1'], 'x-b': ['X-B', ['2', '3']] }
    const { block } = headFields(table, true)
    expect(splitHeaders(block)).toEqual(['X-A', '1', 'X-B', '2', 'X-B', '3'])
  })

  test('are checked again when a value is another one', () => {
    for (const value of ['', 'a', 'a', 'b', '', 'x'.repeat(1000), 'b']) {
      expect(headFields({ 'X-Again': value }, false).block).toBe(`X-Again\n${value}`)
    }
    expect(() => headFields({ 'X-Again': 'a\nb' }, false)).toThrow('Invalid character')
    expect(headFields({ 'X-Again': ['b', 'c'], 'X-B': 'c' }, false).block).toBe(
      'X-Again\nb\nX-Again\nc\nX-B\nc',
    )
  })

  test.each(['Connection', 'KEEP-ALIVE', 'Transfer-Encoding', 'upgrade', 'Proxy-Connection'])(
    'leave out %s, which is for one hop',
    (name) => {
      expect(headFields({ [name]: 'x', A: '1' }, false).block).toBe('A\n1')
    },
  )

  test('leave out what Connection lists, wherever that stands', () => {
    const fields = { 'X-Gone': '1', Connection: 'close, x-gone , Content-Length', A: '1' }
    expect(headFields({ ...fields, 'content-length': 2 }, false).block).toBe(
      'A\n1\ncontent-length\n2\nConnection\nclose',
    )
    expect(headFields({ Connection: ['x-gone', 'X-B'], 'X-B': '', A: '1' }, false).block).toBe(
      'A\n1',
    )
  })

  test.each([
    ['Content-Length', true],
    ['content-length', true],
    ['Transfer-Encoding', true],
    ['Trailer', true],
    ['Content-Type', false],
  ])('with a %s, are framed: %s', (name, isFramed) => {
    expect(headFields({ [name]: '1' }, false).isFramed).toBe(isFramed)
  })

  test.each<[string, unknown, string]>([
    ['a bad name', { 'a b': '1' }, 'ERR_INVALID_HTTP_TOKEN'],
    ['an empty name', ['', '1'], 'ERR_INVALID_HTTP_TOKEN'],
    ['a line end', { A: 'x\ny' }, 'ERR_INVALID_CHAR'],
    ['a line end in a list', { A: ['x', 'y\r'] }, 'ERR_INVALID_CHAR'],
    ['no value', { A: undefined }, 'ERR_HTTP_INVALID_HEADER_VALUE'],
    ['letters beyond Latin-1', { A: '€' }, 'ERR_INVALID_CHAR'],
  ])('refuse %s with Node’s error', (_what, given, code) => {
    expect(() => headFields(given, false)).toThrow(expect.objectContaining({ code }))
  })
})

test('trailers come from Node’s text of them', () => {
  expect(splitHeaders(trailerBlock('X-Sum: 42\r\nX-B: a: b\r\n'))).toEqual([
    'X-Sum',
    '42',
    'X-B',
    'a: b',
  ])
  expect(trailerBlock('')).toBe('')
})

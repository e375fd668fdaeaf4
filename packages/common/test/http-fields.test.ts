import { describe, expect, test } from 'vitest'
import {
  addListed,
  fieldsOfLines,
  firstValueOf,
  trimBlanks,
  withoutListed,
} from '../src/http-fields.ts'

describe('fields that a Connection field lists', () => {
  test('are gathered in lower case, without options and what a message cannot lack', () => {
    expect(addListed(undefined, 'Close, X-A ,,x-b,HOST')).toEqual(new Set(['x-a', 'x-b']))
    expect(addListed(new Set(['x-a']), 'X-C, content-length')).toEqual(new Set(['x-a', 'x-c']))
  })

  test('cost nothing where none is listed', () => {
    expect(addListed(undefined, 'keep-alive')).toBeUndefined()
    expect(addListed(undefined, 'close, Keep-Alive')).toBeUndefined()
    const fields = ['A', '1']
    expect(withoutListed(fields, undefined)).toBe(fields)
  })

  test('are left out, however they are written', () => {
    const fields = ['X-A', '1', 'B', 'x-a', 'x-a', '2']
    expect(withoutListed(fields, new Set(['x-a']))).toEqual(['B', 'x-a'])
  })
})

describe('the blanks around a value', () => {
  test('are spaces and tabs, and no other white space', () => {
    expect(trimBlanks(' \t a b\t ')).toBe('a b')
    expect(trimBlanks('\xa0a\xa0')).toBe('\xa0a\xa0')
    expect(trimBlanks(' \t ')).toBe('')
  })

  test('are found at once, however many are inside', () => {
    const text = `a${' '.repeat(1_000_000)}b`
    expect(trimBlanks(` ${text} `)).toBe(text)
    expect(fieldsOfLines(`A: ${text}\r\n`)).toEqual(['A', text])
  })

  test('are no fields that Connection lists, if they are no blanks', () => {
    expect(addListed(undefined, 'x-a\xa0')).toEqual(new Set(['x-a\xa0']))
  })
})

describe('field lines', () => {
  test('are names and values in turn, without the white space around', () => {
    expect(fieldsOfLines('X-Sum: 42\r\nX-B:\t a: b \r\nX-C:\r\n')).toEqual([
      'X-Sum',
      '42',
      'X-B',
      'a: b',
      'X-C',
      '',
    ])
    expect(fieldsOfLines('')).toEqual([])
  })

  test('keep a no-break space, which is part of a value', () => {
    expect(fieldsOfLines('A: \xa0x\xa0\r\n')).toEqual(['A', '\xa0x\xa0'])
  })

  test('are searched by a name in any case', () => {
    expect(firstValueOf(['A', '1', 'x-B', '2', 'X-b', '3'], 'x-b')).toBe('2')
    expect(firstValueOf(['A', '1'], 'b')).toBeUndefined()
  })
})

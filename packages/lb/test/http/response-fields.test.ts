import { describe, expect, test } from 'vitest'
import { OwnFields } from '../../src/http/own-fields.ts'
import { clientFields } from '../../src/http/response-fields.ts'

describe('clientFields', () => {
  const head = (fields: string[]) => {
    const known = clientFields(
      { status: 200, reason: '', headers: fields.join('\n') },
      new OwnFields('', true),
      '',
    )
    return known && { ...known, fields: known.pairs }
  }
  const via = ['Via', '1.1 resumelb']

  test('passes fields on as they came', () => {
    const fields = [
      'Set-Cookie',
      'a=1',
      'Set-Cookie',
      'b=2',
      'X-A',
      'b: c',
      'X-B',
      '',
      'X-C',
      '\xe9',
    ]
    expect(head(fields)).toMatchObject({ fields: [...fields, ...via], contentLength: -1 })
    expect(head(['X-End', ''])?.fields).toEqual(['X-End', '', ...via])
    expect(head([])?.lines).toBe('Via: 1.1 resumelb\r\n')
  })

  test('separates the fields that determine the framing', () => {
    const fields = ['X-A', '1', 'DATE', 'today', 'content-length', '7']
    expect(head(fields)).toMatchObject({
      contentLength: 7,
      date: 'today',
      fields: ['X-A', '1', ...via],
    })
  })

  test.each([
    'Connection',
    'keep-alive',
    'Proxy-Authenticate',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
  ])('takes %s away', (name) => {
    expect(head([name, 'x', 'X-A', '1'])?.fields).toEqual(['X-A', '1', ...via])
  })

  test.each([
    ['close', true],
    ['X-A, Close', true],
    ['keep-alive', false],
    ['x-close', false],
  ])('knows by Connection: %s whether the client’s connection ends: %s', (value, isLast) => {
    expect(head(['Connection', value])?.isLast).toBe(isLast)
  })

  test('takes away what Connection names', () => {
    expect(head(['Connection', 'close, X-Hop', 'x-hop', '1'])?.fields).toEqual(via)
  })

  test.each(['7', '0007'])('reads the length of the body, %s, and keeps its text', (text) => {
    expect(head(['content-length', text])).toMatchObject({ contentLength: 7, lengthText: text })
  })

  test.each([
    { fields: ['Content-Length', '-1'] },
    { fields: ['Content-Length', '1e3'] },
    { fields: ['Content-Length', '5, 5'] },
    { fields: ['Content-Length', '5', 'Content-Length', '6'] },
    { fields: ['Half'] },
    { fields: ['X-A', '1', ''] },
    { fields: ['', '1'] },
    { fields: ['X A', '1'] },
    { fields: ['X-A:', '1'] },
    { fields: ['X-A', 'a\rb'] },
    { fields: ['X-A', '\0'] },
    { fields: ['X-A', '\u20ac'] },
  ])('refuses $fields', ({ fields }) => expect(head(fields)).toBeUndefined())
})

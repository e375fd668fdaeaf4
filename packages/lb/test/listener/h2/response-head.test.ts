import { describe, expect, test } from 'vitest'
import { ResponseFields } from '../../../src/http/response-fields.ts'
import { h2Head } from '../../../src/listener/h2/response-head.ts'

const headOf = (status: number, contentLength: number, ...pairs: string[]) => ({
  ...h2Head({
    status,
    reason: 'Any',
    contentLength,
    hasBody: true,
    fields: ResponseFields.of(pairs),
  }),
})

describe('h2Head', () => {
  test('has names in lower case, the status and the length', () => {
    expect(headOf(200, 7, 'X-One', 'a', 'ETag', '"b"')).toEqual({
      ...{ 'x-one': 'a', etag: '"b"' },
      ...{ ':status': 200, 'content-length': 7 },
    })
    expect(headOf(200, -1)).toEqual({ ':status': 200 })
  })

  test.each([600, 999])('has 500 in place of %i, which HTTP/2 of Node does not send', (status) => {
    expect(headOf(status, -1)).toEqual({ ':status': 500 })
  })

  test('keeps each of several values', () => {
    const pairs = ['Set-Cookie', 'a=1', 'set-cookie', 'b=2', 'Set-Cookie', 'c=3']
    expect(headOf(200, -1, ...pairs)).toEqual({
      ...{ ':status': 200, 'set-cookie': ['a=1', 'b=2', 'c=3'] },
    })
  })

  test('joins lists that may have one value, and keeps the first of what is none', () => {
    const pairs = ['Content-Encoding', 'gzip', 'Content-Encoding', 'br']
    const types = ['Content-Type', 'text/plain', 'Content-Type', 'text/html']
    expect(headOf(200, -1, ...pairs, ...types)).toEqual({
      ...{ ':status': 200, 'content-encoding': 'gzip, br', 'content-type': 'text/plain' },
    })
  })

  test('takes any name', () => {
    const head = h2Head({
      ...{ status: 200, reason: '', contentLength: -1, hasBody: true },
      fields: ResponseFields.of(['__proto__', 'a', 'constructor', 'b', 'HTTP2-Settings', 'c']),
    })
    expect(Object.entries(head)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
      [':status', 200],
    ])
  })

  test('announces no body where there is none', () => {
    expect(headOf(205, 3)).toEqual({ ':status': 205 })
  })
})

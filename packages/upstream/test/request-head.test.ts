import { describe, expect, test } from 'vitest'
import { requestHead } from '../src/request-head.ts'

const headOf = (method: string, ...rawHeaders: string[]) =>
  requestHead({ method, url: '/', rawHeaders })

describe('the head for the server behind', () => {
  test.each<[string, string[], string[]]>([
    [
      'keeps names, order and repetitions',
      ['Host', 'a', 'X', '1', 'x', '2'],
      ['Host: a', 'X: 1', 'x: 2'],
    ],
    ['has an empty Host if it is unknown', ['X', '1'], ['X: 1', 'Host: ']],
    [
      'leaves out what the connection lists, but the host and the length',
      ['Host', 'a', 'Connection', 'X, Host, Content-Length', 'X', '1', 'Content-Length', '0'],
      ['Host: a', 'Content-Length: 0'],
    ],
    [
      'says of a body in chunks only that',
      ['Host', 'a', 'Content-Length', '3', 'Transfer-Encoding', 'chunked'],
      ['Host: a', 'Transfer-Encoding: chunked'],
    ],
    [
      'keeps an expectation',
      ['Host', 'a', 'Expect', '100-Continue'],
      ['Host: a', 'Expect: 100-Continue'],
    ],
  ])('%s', (_name, rawHeaders, lines) => {
    const text = headOf('GET', ...rawHeaders)?.text
    expect(text).toBe(['GET / HTTP/1.1', ...lines, 'Connection: keep-alive', '', ''].join('\r\n'))
  })

  test('is marked as a warm-up by the worker only', () => {
    expect(headOf('GET', 'Host', 'a', 'x-resumelb-warm-up', '1')?.text).not.toMatch(/warm-up/i)
    const head = requestHead(
      { method: 'GET', url: '/', rawHeaders: ['Host', 'a'] },
      undefined,
      true,
    )
    expect(head?.text).toContain('\r\nX-Resumelb-Warm-Up: 1\r\n')
  })

  test('takes the framing of the body from the fields', () => {
    expect(headOf('GET')?.body).toBe('none')
    expect(headOf('POST', 'Content-Length', '0')?.body).toBe('none')
    expect(headOf('GET', 'Content-Length', '3')).toMatchObject({ body: 'length', length: 3 })
    expect(headOf('POST', 'Transfer-Encoding', 'chunked')?.body).toBe('chunked')
    expect(headOf('POST', 'Expect', '100-Continue')?.expectsContinue).toBe(true)
  })

  test.each<[string, string, string[]]>([
    ['G T', '/', []],
    ['', '/', []],
    ['GET', '', []],
    ['GET', '/ HTTP/1.1\r\nX: y', []],
    ['GET', '/\u010d', []],
    ['GET', '/', ['X', 'a\rb']],
    ['GET', '/', ['X', 'a\0']],
    ['GET', '/', ['X', '\u010d']],
    ['GET', '/', ['X Y', 'a']],
    ['GET', '/', ['', 'a']],
  ])('is not made of %j %j %j', (method, url, rawHeaders) => {
    expect(requestHead({ method, url, rawHeaders })).toBeUndefined()
  })
})

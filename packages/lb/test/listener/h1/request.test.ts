import { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { H1HeadParser } from '../../../src/listener/h1/head-parser.ts'
import { H1Request } from '../../../src/listener/h1/request.ts'

function request(...lines: string[]): H1Request {
  const text = `${['GET /a?b HTTP/1.1', 'Host: a.example', ...lines].join('\r\n')}\r\n\r\n`
  const head = new H1HeadParser(16 * 1024).read(Buffer.from(text, 'latin1'), false)
  if (head === undefined) throw new Error('not plain')
  return new H1Request(head, new Socket())
}

describe('a plain request', () => {
  test('looks like one of Node', () => {
    const { method, url, httpVersion, headers } = request(
      'Cookie: a=1',
      'COOKIE: b=2',
      'X-A: 1',
      'x-a: 2',
    )
    expect({ method, url, httpVersion }).toEqual({ method: 'GET', url: '/a?b', httpVersion: '1.1' })
    expect(headers).toEqual({ host: 'a.example', cookie: 'a=1; b=2', 'x-a': '1, 2' })
  })

  test('has all fields, those included that its worker does not get', () => {
    const lines = ['Connection: close', 'X-Forwarded-For: 6.6.6.6', 'User-Agent: test', 'X-Empty:']
    const known = request(...lines)
    expect(known.rawHeaders).toEqual(
      ['Host', 'a.example', 'Connection', 'close', 'X-Forwarded-For', '6.6.6.6'].concat(
        ...[['User-Agent', 'test', 'X-Empty', '']],
      ),
    )
    for (let at = 0; at < known.rawHeaders.length; at += 2) {
      expect(known.field(known.rawHeaders[at]!.toLowerCase())).toBe(known.rawHeaders[at + 1])
    }
    expect(known.field('referer')).toBeUndefined()
    expect(known.field('forwarded')).toBeUndefined()
  })
})

import { maxHeadLength } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import { UpstreamFault } from '../src/fault.ts'
import type { UpstreamResponseHead } from '../src/response-head.ts'
import { ResponseParser } from '../src/response-parser.ts'

interface Reading {
  readonly statuses: number[]
  readonly fields: readonly string[]
  readonly reason: string | undefined
  readonly body: string
  readonly trailers: readonly string[] | undefined
  readonly keepsAlive: boolean
  readonly warm: string | undefined
}

/** Reads pieces one after the other; `isClosed`: then the server has closed the connection. */
function read(pieces: readonly Buffer[], isClosed = false, method = 'GET'): Reading {
  const heads: UpstreamResponseHead[] = []
  let body = ''
  let trailers: readonly string[] | undefined
  const parser = new ResponseParser(method, {
    onHead: (head) => heads.push(head),
    onBody: (piece) => {
      body += piece.toString('latin1')
    },
    onEnd: (fields) => {
      trailers = fields
    },
  })
  for (const piece of pieces) parser.read(piece)
  if (isClosed) parser.finish()
  const { fields = [], reason, warm } = heads.at(-1) ?? {}
  const statuses = heads.map(({ status }) => status)
  return { statuses, fields, reason, body, trailers, keepsAlive: parser.keepsAlive, warm }
}

const bytesOf = (text: string) => Buffer.from(text, 'latin1')

const eachByte = (text: string) => [...bytesOf(text)].map((byte) => Buffer.from([byte]))

const ok = 'HTTP/1.1 200 OK\r\n'

/** A name, what comes, what is read of it, and whether the connection may be used again. */
const good: [string, string, Partial<Reading>][] = [
  ['a length', `${ok}Content-Length: 2\r\n\r\nhi`, { body: 'hi', keepsAlive: true }],
  ['no body', `${ok}Content-Length: 0\r\n\r\n`, { body: '', trailers: [], keepsAlive: true }],
  ['chunks', `${ok}Transfer-Encoding: Chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`, { body: 'hi' }],
  [
    'chunk extensions',
    `${ok}Transfer-Encoding: chunked\r\n\r\n2;a=b;c="d"\r\nhi\r\n00 ;x\r\n\r\n`,
    { body: 'hi', keepsAlive: true },
  ],
  [
    'trailers',
    `${ok}Transfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\nContent-Length: 3\r\n\r\n`,
    { body: '0123456789', trailers: ['X-Sum', '1'] },
  ],
  ['equal lengths', `${ok}Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi`, { body: 'hi' }],
  ['a list of equal lengths', `${ok}Content-Length: 2, 2\r\n\r\nhi`, { body: 'hi' }],
  [
    'how warm it was',
    `${ok}X-ResumeLB-Warm: 3\r\nContent-Length: 0\r\n\r\n`,
    { fields: ['Content-Length', '0'], warm: '3' },
  ],
  ['line feeds alone', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nhi', { body: 'hi' }],
  ['no reason', 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi', { body: 'hi', reason: undefined }],
  [
    'a Latin-1 reason',
    'HTTP/1.1 404 Non trouv\xe9\r\nContent-Length: 0\r\n\r\n',
    { reason: 'Non trouv\xe9' },
  ],
  ['a bad reason', 'HTTP/1.1 404 a\x01b\r\nContent-Length: 0\r\n\r\n', { reason: undefined }],
  ['any status', 'HTTP/1.1 999 ?\r\nContent-Length: 0\r\n\r\n', { statuses: [999] }],
  [
    'a 304 with a length',
    `HTTP/1.1 304 NM\r\nContent-Length: 9\r\n\r\n`,
    { trailers: [], keepsAlive: true },
  ],
  [
    'interim heads',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 EH\r\nLink: a\r\n\r\n${ok}Content-Length: 1\r\n\r\nx`,
    { statuses: [100, 103, 200], body: 'x', keepsAlive: true },
  ],
  [
    'blanks before a colon',
    `${ok}X-A : 1\r\nContent-Length: 0\r\n\r\n`,
    { fields: ['X-A', '1', 'Content-Length', '0'] },
  ],
  [
    'folded lines',
    `${ok}X-A: 1\r\n\t 2\r\nContent-Length: 0\r\n\r\n`,
    { fields: ['X-A', '1 2', 'Content-Length', '0'] },
  ],
  [
    'fields of the hop',
    `${ok}Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nX-B: 2\r\nContent-Length: 0\r\n\r\n`,
    { fields: ['X-B', '2', 'Content-Length', '0'], keepsAlive: true },
  ],
  [
    'Connection: close',
    `${ok}Connection: Close\r\nContent-Length: 0\r\n\r\n`,
    { keepsAlive: false },
  ],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', { keepsAlive: false }],
  [
    'HTTP/1.0 that keeps the connection',
    'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n',
    { keepsAlive: true },
  ],
  [
    'more than was announced',
    `${ok}Content-Length: 2\r\n\r\nhi!`,
    { body: 'hi', keepsAlive: false },
  ],
  [
    'a 204 with a body',
    'HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\nhi',
    { body: '', keepsAlive: false },
  ],
]

describe('a response', () => {
  test.each(good)('with %s is read whole, and byte by byte', (_name, text, expected) => {
    expect(read([bytesOf(text)])).toMatchObject({ trailers: [], ...expected })
    expect(read(eachByte(text))).toMatchObject({ trailers: [], ...expected })
  })

  test('without a length ends with the connection', () => {
    expect(read([bytesOf(`${ok}\r\nhi`)]).trailers).toBeUndefined()
    const reading = read([bytesOf(`${ok}\r\nhi`)], true)
    expect(reading).toMatchObject({ body: 'hi', trailers: [], keepsAlive: false })
  })

  test('to HEAD has no body, whatever its fields say', () => {
    const text = `${ok}Content-Length: 5\r\n\r\n`
    expect(read([bytesOf(text)], false, 'HEAD')).toMatchObject({ trailers: [], keepsAlive: true })
    const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`
    expect(read([bytesOf(chunked)], false, 'HEAD')).toMatchObject({ trailers: [] })
  })

  test('may have a head as long as the protocol carries', () => {
    const head = (length: number) => {
      const [start, end] = [`${ok}X: `, '\r\nContent-Length: 0\r\n\r\n']
      return bytesOf(start + 'v'.repeat(length - start.length - end.length) + end)
    }
    expect(read([head(maxHeadLength)]).statuses).toEqual([200])
    expect(() => read([head(maxHeadLength + 1)])).toThrow(UpstreamFault)
    expect(() => read([Buffer.alloc(maxHeadLength + 1, 'x')])).toThrow(UpstreamFault)
  })
})

test.each([
  ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n'],
  ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
  ['status 099', 'HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n'],
  ['status 1000', 'HTTP/1.1 1000 High\r\nContent-Length: 0\r\n\r\n'],
  ['status 20', 'HTTP/1.1 20 Short\r\n\r\n'],
  ['an unexpected 101', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n'],
  ['different lengths', `${ok}Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi`],
  ['a list of different lengths', `${ok}Content-Length: 2, 3\r\n\r\nhi`],
  ['a signed length', `${ok}Content-Length: +2\r\n\r\nhi`],
  ['an empty length', `${ok}Content-Length:\r\n\r\n`],
  ['a length and chunks', `${ok}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n`],
  ['another coding', `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  [
    'another coding in a field of its own',
    `${ok}Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n`,
  ],
  ['chunked twice', `${ok}Transfer-Encoding: chunked, chunked\r\n\r\n`],
  ['a control character in a value', `${ok}X-A: a\x01b\r\n\r\n`],
  ['a carriage return in a value', `${ok}X-A: a\rb\r\n\r\n`],
  ['a line without a colon', `${ok}X-A\r\n\r\n`],
  ['an empty name', `${ok}: a\r\n\r\n`],
  ['a blank in a name', `${ok}X A: a\r\n\r\n`],
  ['a folded first line', `${ok} X: a\r\n\r\n`],
  ['no size of a chunk', `${ok}Transfer-Encoding: chunked\r\n\r\n\r\n`],
  ['a bad size of a chunk', `${ok}Transfer-Encoding: chunked\r\n\r\n0x2\r\nhi\r\n`],
  ['a chunk longer than its size', `${ok}Transfer-Encoding: chunked\r\n\r\n2\r\nhi!\r\n`],
  ['a size that no number holds', `${ok}Transfer-Encoding: chunked\r\n\r\n${'f'.repeat(14)}\r\n`],
  ['an endless line of a size', `${ok}Transfer-Encoding: chunked\r\n\r\n2;${'x'.repeat(20_000)}`],
  ['endless trailers', `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\n${'X: y\r\n'.repeat(20_000)}`],
])('a response with %s is a fault', (_name, text) => {
  expect(() => read([bytesOf(text)])).toThrow(UpstreamFault)
})

test.each([
  ['before its head', ''],
  ['within its head', 'HTTP/1.1 200 OK\r\nContent-'],
  ['after an interim head', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
  ['within a body of a length', `${ok}Content-Length: 3\r\n\r\nhi`],
  ['within chunks', `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nhi`],
  ['before the last chunk', `${ok}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n`],
  ['within its trailers', `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n`],
])('a connection that ends %s is a fault', (_name, text) => {
  expect(() => read([bytesOf(text)], true)).toThrow(UpstreamFault)
})

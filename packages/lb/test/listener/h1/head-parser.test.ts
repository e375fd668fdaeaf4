import { createServer, type IncomingMessage } from 'node:http'
import { Duplex } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Peer } from '../../../src/http/peers.ts'
import { readRequest } from '../../../src/http/request-fields.ts'
import { readGeneralHead } from '../../../src/listener/h1/general-head.ts'
import { H1HeadParser, rawHeadersOf } from '../../../src/listener/h1/head-parser.ts'
import { headersOf } from '../../../src/listener/node/internals.ts'

const reader = new H1HeadParser(64 * 1024)

const peer: Peer = {
  address: '127.0.0.1',
  port: 5,
  encrypted: false,
  isTrusted: false,
  forwardedFields: '',
}

const read = (text: string, isTrusted = false) => {
  const head = reader.read(Buffer.from(text, 'latin1'), isTrusted)
  return head && { ...head, rawHeaders: rawHeadersOf(head) }
}

const head = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`

/** What Node's own server makes of a message; `undefined` if it is none. */
function readByNode(text: string): Promise<IncomingMessage | undefined> {
  return new Promise((resolve) => {
    const server = createServer({ keepAlive: false }, (request) => resolve(request))
    server.on('upgrade', (request) => resolve(request))
    server.on('checkContinue', (request) => resolve(request))
    server.on('checkExpectation', (request) => resolve(request))
    server.on('clientError', () => resolve(undefined))
    server.on('connect', () => resolve(undefined))
    const connection = new Duplex({
      read: () => undefined,
      write: (_chunk, _encoding, done) => {
        // An answer without a request: Node has refused it.
        resolve(undefined)
        done()
      },
    })
    server.emit('connection', connection)
    connection.push(Buffer.from(text, 'latin1'))
    setImmediate(() => setImmediate(() => resolve(undefined)))
  })
}

describe('a plain head', () => {
  test('is read', () => {
    const text = head('GET /a?b=c HTTP/1.1', 'Host: a.example', 'accept:*/*', 'X-A:  b c  ', 'X-B:')
    expect(read(text)).toMatchObject({
      method: 'GET',
      url: '/a?b=c',
      isLast: false,
      rawHeaders: ['Host', 'a.example', 'accept', '*/*', 'X-A', 'b c', 'X-B', ''],
      facts: {
        host: 'a.example',
        contentLength: 0,
        block: 'Host\na.example\naccept\n*/*\nX-A\nb c\nX-B\n',
      },
    })
  })

  test('may announce a body', () => {
    const { facts } = read(head('POST / HTTP/1.1', 'Host: a', 'Content-Length: 5')) ?? {}
    expect(facts?.contentLength).toBe(5)
  })

  test.each(['close', 'keep-alive'])('may say Connection: %s', (value) => {
    const known = read(head('GET / HTTP/1.1', 'Host: a', `CONNECTION: ${value}`))
    expect(known).toMatchObject({ isLast: value === 'close', facts: { block: 'Host\na' } })
  })

  test('may have any byte of latin1 in its values', () => {
    expect(read(head('GET / HTTP/1.1', 'Host: a', 'X-A: \xe9\x80\xff'))?.rawHeaders[3]).toBe(
      '\xe9\x80\xff',
    )
  })
})

describe('is not plain', () => {
  test.each([
    ['another version', head('GET / HTTP/1.0', 'Host: a')],
    ['a method that few use', head('PROPFIND / HTTP/1.1', 'Host: a')],
    ['a method in lower case', head('get / HTTP/1.1', 'Host: a')],
    ['a whole address', head('GET http://a/ HTTP/1.1', 'Host: a')],
    ['an asterisk', head('OPTIONS * HTTP/1.1', 'Host: a')],
    ['a path with a blank', head('GET /a b HTTP/1.1', 'Host: a')],
    ['a path with bytes that are not ASCII', head('GET /\xe9 HTTP/1.1', 'Host: a')],
    ['two blanks', head('GET  / HTTP/1.1', 'Host: a')],
    ['no field', 'GET / HTTP/1.1\r\n\r\n'],
    ['no host', head('GET / HTTP/1.1', 'X-A: 1')],
    ['two hosts', head('GET / HTTP/1.1', 'Host: a', 'Host: a')],
    ['a line that is folded', head('GET / HTTP/1.1', 'Host: a', 'X-A: 1', ' 2')],
    ['a folded first line', head('GET / HTTP/1.1', ' Host: a')],
    ['a field without a name', head('GET / HTTP/1.1', 'Host: a', ': 1')],
    ['a field without a colon', head('GET / HTTP/1.1', 'Host: a', 'X-A')],
    ['a blank before the colon', head('GET / HTTP/1.1', 'Host: a', 'X-A : 1')],
    ['a name with other characters', head('GET / HTTP/1.1', 'Host: a', 'X(A): 1')],
    ['a control character', head('GET / HTTP/1.1', 'Host: a', 'X-A: \0')],
    ['a tab', head('GET / HTTP/1.1', 'Host: a', 'X-A: 1\t')],
    ['DEL', head('GET / HTTP/1.1', 'Host: a', 'X-A: \x7f')],
    ['a line feed alone', 'GET / HTTP/1.1\r\nHost: a\nX-A: 1\r\n\r\n'],
    ['a line feed alone after the first line', 'GET / HTTP/1.1\nHost: a\r\n\r\n'],
    ['a carriage return that begins a line', head('GET / HTTP/1.1', 'Host: a', '\rX-A: 1')],
    ['a carriage return alone', head('GET / HTTP/1.1', 'Host: a', 'X-A: 1\r2')],
    ['chunks', head('POST / HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked')],
    [
      'chunks and a length',
      head('POST / HTTP/1.1', 'Host: a', 'Content-Length: 5', 'transfer-encoding: chunked'),
    ],
    ['two lengths', head('POST / HTTP/1.1', 'Host: a', 'Content-Length: 5', 'Content-Length: 5')],
    [
      'two lengths of nothing',
      head('POST / HTTP/1.1', 'Host: a', 'Content-Length: 0', 'Content-Length: 0'),
    ],
    ['a list of lengths', head('POST / HTTP/1.1', 'Host: a', 'Content-Length: 5, 5')],
    ['a length with a sign', head('POST / HTTP/1.1', 'Host: a', 'Content-Length: +5')],
    ['no length', head('POST / HTTP/1.1', 'Host: a', 'Content-Length:')],
    [
      'a length beyond counting',
      head('POST / HTTP/1.1', 'Host: a', 'Content-Length: 9007199254740993'),
    ],
    [
      'an expectation',
      head('POST / HTTP/1.1', 'Host: a', 'Expect: 100-continue', 'Content-Length: 5'),
    ],
    ['an upgrade', head('GET / HTTP/1.1', 'Host: a', 'Connection: upgrade', 'Upgrade: websocket')],
    ['an upgrade without a word in Connection', head('GET / HTTP/1.1', 'Host: a', 'Upgrade: h2c')],
    [
      'a field that Connection names',
      head('GET / HTTP/1.1', 'Host: a', 'Connection: X-A', 'X-A: 1'),
    ],
    ['what another protocol says', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['nothing', '\r\n\r\n'],
  ])('%s', (_what, text) => expect(read(text)).toBeUndefined())
})

describe('whatever is read', () => {
  const name = fc.oneof(
    fc.constantFrom(
      'Host',
      'Content-Length',
      'Connection',
      'Transfer-Encoding',
      'Cookie',
      'Expect',
    ),
    fc.constantFrom('X-Forwarded-For', 'X-Request-Id', 'Upgrade', 'TE', 'User-Agent', 'X-A'),
    fc.stringMatching(/^[A-Za-z-]{1,12}$/),
  )
  const value = fc.oneof(
    fc.constantFrom('close', 'keep-alive', 'chunked', '5', '0', 'a.example', '100-continue', ''),
    fc.stringMatching(/^[\t -~\x80-\xff]{0,20}$/),
  )
  const field = fc.tuple(
    name,
    fc.constantFrom(':', ': ', ':\t', ': \t '),
    value,
    fc.constantFrom('', ' ', '\t'),
  )
  const message = fc
    .record({
      method: fc.constantFrom('GET', 'HEAD', 'POST', 'OPTIONS', 'DELETE'),
      url: fc.stringMatching(/^\/[!-~]{0,10}$/),
      fields: fc.array(field, { maxLength: 6 }),
    })
    .map(({ method, url, fields }) =>
      head(`${method} ${url} HTTP/1.1`, 'Host: a', ...fields.map((parts) => parts.join(''))),
    )
  const latin1 = fc.nat({ max: 255 }).map((code) => String.fromCharCode(code))
  const odd = fc.oneof(fc.constantFrom('\r', '\n', '\r\n', ' ', '\t', ':', '\0'), latin1)
  /** One byte, or a few, put in, taken out or replaced. */
  const mutated = fc
    .tuple(message, fc.nat(), fc.constantFrom(0, 1), fc.string({ unit: odd, maxLength: 2 }))
    .map(([text, at, cut, put]) => {
      const place = at % text.length
      return text.slice(0, place) + put + text.slice(place + cut)
    })

  test('is the same message to Node', async () => {
    let plain = 0
    const property = fc.asyncProperty(fc.oneof(message, mutated), async (text) => {
      const end = text.indexOf('\r\n\r\n') + 4
      const known = end < 4 ? undefined : read(text.slice(0, end))
      if (known === undefined) return
      plain++
      const { method, url, rawHeaders, facts } = known
      const theirs = await readByNode(text.slice(0, end))
      expect(theirs).toBeDefined()
      if (theirs === undefined) return
      const { method: m, url: u, rawHeaders: raw, headers, httpVersion } = theirs
      expect({ method, url, rawHeaders }).toEqual({ method: m, url: u, rawHeaders: raw })
      expect(httpVersion).toBe('1.1')
      expect(headersOf(rawHeaders, theirs.socket)).toEqual(headers)
      for (const isTrusted of [false, true]) {
        expect(read(text.slice(0, end), isTrusted)?.facts).toEqual(readRequest(raw, isTrusted))
      }
      expect(facts.contentLength).toBe(Number(headers['content-length'] ?? 0))
      expect(headers['transfer-encoding']).toBeUndefined()
    })
    await fc.assert(property, { numRuns: 10_000 })
    expect(plain).toBeGreaterThan(300)
  })

  test('is the same message to the reader of any head', () => {
    let plain = 0
    fc.assert(
      fc.property(fc.oneof(message, mutated), fc.boolean(), (text, isTrusted) => {
        const bytes = Buffer.from(text, 'latin1')
        const known = reader.read(bytes, isTrusted)
        if (known === undefined) return
        plain++
        const general = readGeneralHead(bytes, 64 * 1024, { ...peer, isTrusted })
        expect(general).toEqual({ ...known, rawHeaders: rawHeadersOf(known) })
      }),
      { numRuns: 10_000 },
    )
    expect(plain).toBeGreaterThan(300)
  })

  test('fits, whatever the longest head is', () => {
    const short = new H1HeadParser(40)
    fc.assert(
      fc.property(fc.oneof(message, mutated), (text) => {
        const known = short.read(Buffer.from(text, 'latin1'), false)
        const [all] = [read(text)]
        if (known === undefined) expect(all?.length ?? 41).toBeGreaterThan(40)
        else expect({ ...known, rawHeaders: rawHeadersOf(known) }).toEqual(all)
      }),
      { numRuns: 3000 },
    )
  })

  test('is the same message to Node, also if it is not plain', async () => {
    let read = 0
    const property = fc.asyncProperty(fc.oneof(message, mutated), async (text) => {
      const known = readGeneralHead(Buffer.from(text, 'latin1'), 64 * 1024, peer)
      if (typeof known === 'string' || known.refusal !== undefined) return
      const theirs = await readByNode(text.slice(0, known.length))
      // Node refuses tabs around some values, and expects nothing else to be strange.
      if (theirs === undefined) return
      read++
      const { method, url, rawHeaders, httpVersionMinor } = theirs
      expect(known).toMatchObject({ method, url, rawHeaders, minorVersion: httpVersionMinor })
    })
    await fc.assert(property, { numRuns: 5_000 })
    expect(read).toBeGreaterThan(300)
  })

  test('is never made of anything by chance', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(reader.read(Buffer.from([...bytes, 13, 10, 13, 10]), false)).toBeUndefined()
      }),
    )
  })
})

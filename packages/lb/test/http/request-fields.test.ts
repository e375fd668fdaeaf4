import { splitHeaders } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import { withForwarded } from '../../src/http/forwarded.ts'
import type { Peer } from '../../src/http/peers.ts'
import { readRequest, requestBlock } from '../../src/http/request-fields.ts'

const untrusted: Peer = {
  address: '1.2.3.4',
  port: 5,
  encrypted: false,
  isTrusted: false,
  forwardedFields: 'X-Forwarded-For\n1.2.3.4\nX-Forwarded-Proto\nhttp',
}
const proxy: Peer = { ...untrusted, address: '10.0.0.1', isTrusted: true }

/** What the worker gets of these fields, without those that always come with it. */
function passed(fields: string[], peer = untrusted): string[] {
  const always = new Set([
    'x-forwarded-for',
    'x-forwarded-port',
    'x-forwarded-proto',
    'x-request-id',
  ])
  const got: string[] = []
  const all = sent(fields, peer)
  for (let at = 0; at < all.length; at += 2) {
    const isOurVia = all[at] === 'Via' && all[at + 1] === '1.1 resumelb'
    if (!always.has(all[at]!.toLowerCase()) && !isOurVia) got.push(all[at]!, all[at + 1]!)
  }
  return got
}

function sent(fields: string[], peer = untrusted, sendsVia = true, addsForwarded = true): string[] {
  const facts = withForwarded(readRequest(fields, peer.isTrusted))
  return splitHeaders(
    requestBlock(facts, peer, {
      httpVersion: '1.1',
      sendsVia,
      addsForwarded,
      ids: `X-Request-Id\n${facts.requestId ?? 'id-1'}`,
      traceparent: undefined,
    }),
  )
}

function valuesOf(name: string, fields: string[]): string[] {
  return fields.filter((_, at) => at % 2 === 1 && fields[at - 1]!.toLowerCase() === name)
}

describe('readRequest', () => {
  const kept: [rule: string, fields: string[]][] = [
    ['keeps fields as they came', ['Accept', '*/*', 'x-CUSTOM', 'a, b', 'Cookie', 'c=1']],
    ['keeps fields that come twice', ['X-A', '1', 'X-A', '2']],
    ['keeps the length', ['Content-Length', '5']],
    ['keeps the marks of earlier proxies', ['Via', '1.0 other']],
    ['keeps names as long as those of known fields', ['X-Abcdefg', '1', 'TX', '2', 'Hosts', 'h']],
  ]
  test.each(kept)('%s', (_rule, fields) => expect(passed(fields)).toEqual(fields))

  test.each([
    'Connection',
    'KEEP-ALIVE',
    'Proxy-Connection',
    'Proxy-Authenticate',
    'Proxy-Authorization',
    'TE',
    'trailer',
    'Upgrade',
  ])('takes %s away', (name) => {
    expect(passed([name, 'x', 'Accept', '*/*'])).toEqual(['Accept', '*/*'])
  })

  test('announces a body in chunks, in words of its own', () => {
    const chunked = ['Transfer-Encoding', 'chunked']
    expect(passed(['transfer-encoding', 'Chunked'])).toEqual(chunked)
    expect(passed(['Connection', 'transfer-encoding', ...chunked])).toEqual(chunked)
  })

  test('takes away what Connection names, in any case and however often', () => {
    const fields = ['X-Hop', '1', 'connection', 'keep-alive, X-HOP', 'Connection', 'x-other']
    expect(passed([...fields, 'X-Other', '2', 'X-Kept', '3'])).toEqual(['X-Kept', '3'])
  })

  test('keeps the length and the host even if Connection names them', () => {
    const fields = ['Content-Length', '5']
    expect(passed(['Connection', 'content-length', ...fields])).toEqual(fields)
    expect(passed(['Connection', 'host', 'Host', 'a'])).toEqual([
      'Host',
      'a',
      'X-Forwarded-Host',
      'a',
    ])
  })

  test.each([
    { fields: [], contentLength: 0 },
    { fields: ['Content-Length', '0'], contentLength: 0 },
    { fields: ['content-length', '42'], contentLength: 42 },
    { fields: ['Transfer-Encoding', 'chunked'], contentLength: -1 },
    { fields: ['Connection', 'transfer-encoding', 'Transfer-Encoding', 'x'], contentLength: -1 },
  ])('reads the length of a body from $fields', ({ fields, contentLength }) => {
    expect(readRequest(fields, false).contentLength).toBe(contentLength)
  })
})

describe('requestBlock', () => {
  test('adds the fields about the client', () => {
    const fields = sent(['Host', 'a.example'])
    expect(fields).toEqual([
      ...['Host', 'a.example', 'X-Forwarded-For', '1.2.3.4', 'X-Forwarded-Proto', 'http'],
      ...['X-Forwarded-Host', 'a.example', 'X-Forwarded-Port', '80'],
      ...['X-Request-Id', 'id-1', 'Via', '1.1 resumelb'],
    ])
  })

  const claims = [
    ...['X-Forwarded-For', '6.6.6.6', 'X-Forwarded-Proto', 'https', 'Forwarded', 'for=6.6.6.6'],
    ...['X-Forwarded-Host', 'evil.example', 'X-Request-Id', 'mine', 'Host', 'a.example'],
  ]

  test('drops what an untrusted peer says about other hosts', () => {
    const fields = sent(claims)
    expect(valuesOf('x-forwarded-for', fields)).toEqual(['1.2.3.4'])
    expect(valuesOf('x-forwarded-proto', fields)).toEqual(['http'])
    expect(valuesOf('x-forwarded-host', fields)).toEqual(['a.example'])
    expect(valuesOf('x-request-id', fields)).toEqual(['id-1'])
    expect(valuesOf('forwarded', fields)).toEqual([])
  })

  test('goes on with what a trusted proxy says', () => {
    const fields = sent(claims, proxy)
    expect(valuesOf('x-forwarded-for', fields)).toEqual(['6.6.6.6, 10.0.0.1'])
    expect(valuesOf('x-forwarded-proto', fields)).toEqual(['https'])
    expect(valuesOf('x-forwarded-host', fields)).toEqual(['evil.example'])
    expect(valuesOf('x-request-id', fields)).toEqual(['mine'])
  })

  test('joins the lists of several proxies in order', () => {
    const fields = sent(['X-Forwarded-For', '1.1.1.1', 'X-Forwarded-For', '2.2.2.2'], proxy)
    expect(valuesOf('x-forwarded-for', fields)).toEqual(['1.1.1.1, 2.2.2.2, 10.0.0.1'])
  })

  test.each([
    ...['X-Forwarded-Port', 'X-Forwarded-Prefix', 'X-Forwarded-Server', 'X-Forwarded-Scheme'],
    ...['X-Forwarded-Ssl', 'X-Forwarded-User', 'x-forwarded-by', 'X-FORWARDED-ANYTHING'],
    ...['X-Real-IP', 'X-Client-IP', 'X-Original-URL', 'X-Rewrite-URL'],
  ])('drops %s of an untrusted peer', (name) => {
    expect(sent([name, 'evil'])).not.toContain('evil')
  })

  test.each([
    ...['X_Forwarded_For', 'x_forwarded-proto', 'X-Forwarded_Host', 'X_FORWARDED_PREFIX'],
    ...['X_Real_IP', 'X_Request_Id', 'Content_Length', 'Transfer_Encoding', 'Proxy_Connection'],
  ])('drops %s, which CGI does not tell from the field with hyphens', (name) => {
    for (const peer of [untrusted, proxy]) expect(sent([name, 'evil'], peer)).not.toContain('evil')
  })

  test.each(['X_Custom', 'X-Forwarder-For', 'X-Forwarde', 'Not-X-Forwarded-For', 'X-Real-Ib'])(
    'keeps %s, which only looks a little like it',
    (name) => expect(passed([name, 'fine'])).toEqual([name, 'fine']),
  )

  test('keeps what else a trusted proxy says', () => {
    const fields = ['X-Forwarded-Prefix', '/app', 'X-Real-IP', '6.6.6.6', 'X-Original-URL', '/a']
    expect(passed(fields, proxy)).toEqual(fields)
  })

  test.each([
    { said: 'https', proto: 'https' },
    { said: 'HTTPS', proto: 'https' },
    { said: 'https,http', proto: 'https' },
    { said: 'http, https', proto: 'http' },
    { said: 'ftp', proto: 'http' },
    { said: '', proto: 'http' },
  ])('reads the scheme $proto in "$said" of a trusted proxy', ({ said, proto }) => {
    const fields = sent(['X-Forwarded-Proto', said], proxy)
    expect(valuesOf('x-forwarded-proto', fields)).toEqual([proto])
  })

  test.each([
    { fields: ['Host', 'a.example'], port: '80' },
    { fields: ['Host', 'a.example:8080'], port: '8080' },
    { fields: ['Host', '[::1]'], port: '80' },
    { fields: ['Host', '[::1]:81'], port: '81' },
    { fields: [], port: '80' },
    { fields: ['Host', 'a', 'X-Forwarded-Proto', 'https'], port: '443' },
    { fields: ['Host', 'a:81', 'X-Forwarded-Host', 'b:82, c:83'], port: '82' },
    { fields: ['Host', 'a:81', 'X-Forwarded-Port', '84,85'], port: '84' },
    { fields: ['Host', 'a:81', 'X-Forwarded-Port', '99999'], port: '81' },
  ])('tells the port $port that the client asked, of $fields', ({ fields, port }) => {
    expect(valuesOf('x-forwarded-port', sent(fields, proxy))).toEqual([port])
  })

  test('reads Forwarded of a trusted proxy that says nothing else', () => {
    const said = 'for="[2001:db8::1]:4711";proto=https;host="b.example:444", For=10.0.0.2'
    const fields = sent(['Host', 'a', 'Forwarded', said], proxy)
    expect(valuesOf('x-forwarded-for', fields)).toEqual(['[2001:db8::1]:4711, 10.0.0.2, 10.0.0.1'])
    expect(valuesOf('x-forwarded-proto', fields)).toEqual(['https'])
    expect(valuesOf('x-forwarded-host', fields)).toEqual(['b.example:444'])
    expect(valuesOf('x-forwarded-port', fields)).toEqual(['444'])
  })

  test('takes nothing from Forwarded if the proxy speaks X-Forwarded-*', () => {
    const said = ['X-Forwarded-For', '1.1.1.1', 'Forwarded', 'for=6.6.6.6;proto=https;host=evil']
    const fields = sent(['Host', 'a', ...said], proxy)
    expect(valuesOf('x-forwarded-for', fields)).toEqual(['1.1.1.1, 10.0.0.1'])
    expect(valuesOf('x-forwarded-proto', fields)).toEqual(['http'])
    expect(valuesOf('x-forwarded-host', fields)).toEqual(['a'])
  })

  test.each([
    { of: 'an untrusted peer', peer: untrusted, others: [] },
    { of: 'a trusted proxy', peer: proxy, others: [] },
    { of: 'a trusted proxy that says more', peer: proxy, others: ['X-Forwarded-For', '1.1.1.1'] },
  ])('passes no Forwarded of $of on, which could say something else', ({ peer, others }) => {
    expect(valuesOf('forwarded', sent(['Forwarded', 'for=6.6.6.6', ...others], peer))).toEqual([])
  })

  test('adds no X-Forwarded-* without addsForwarded, and passes on those of a trusted proxy alone', () => {
    const fields = ['X-Forwarded-For', '1.1.1.1', 'X-Forwarded-Proto', 'https', 'Accept', '*/*']
    const rest = ['X-Request-Id', 'id-1']
    expect(sent(fields, untrusted, false, false)).toEqual(['Accept', '*/*', ...rest])
    const given = ['X-Forwarded-For', '1.1.1.1', 'X-Forwarded-Proto', 'https']
    expect(sent(fields, proxy, false, false)).toEqual(['Accept', '*/*', ...given, ...rest])
  })

  test('omits Via if it is disabled', () => {
    expect(valuesOf('via', sent([], untrusted, false))).toEqual([])
  })

  test('makes its own id instead of one that is no id', () => {
    for (const bad of ['', 'a b', 'x'.repeat(200), 'a\u00e4']) {
      expect(valuesOf('x-request-id', sent(['X-Request-Id', bad], proxy))).toEqual(['id-1'])
    }
  })
})

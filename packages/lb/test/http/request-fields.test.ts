import { splitHeaders } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import { readRequest, requestBlock } from '../../src/http/request-fields.ts'
import type { Peer } from '../../src/listener/peers.ts'

const stranger: Peer = {
  address: '1.2.3.4',
  port: 5,
  encrypted: false,
  isTrusted: false,
  forwardedFields: 'X-Forwarded-For\n1.2.3.4\nX-Forwarded-Proto\nhttp',
}
const proxy: Peer = { ...stranger, address: '10.0.0.1', isTrusted: true }

/** What the worker gets of these fields, without those that always come with it. */
function passed(fields: string[], peer = stranger): string[] {
  const always = new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-request-id'])
  const got: string[] = []
  const all = sent(fields, peer)
  for (let at = 0; at < all.length; at += 2) {
    const isOurVia = all[at] === 'Via' && all[at + 1] === '1.1 resumelb'
    if (!always.has(all[at]!.toLowerCase()) && !isOurVia) got.push(all[at]!, all[at + 1]!)
  }
  return got
}

function sent(fields: string[], peer = stranger): string[] {
  const facts = readRequest(fields, peer.isTrusted)
  return splitHeaders(requestBlock(facts, peer, { id: 'id-1', httpVersion: '1.1' }))
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
    ['keeps names of a knownField length', ['X-Abcdefg', '1', 'TX', '2', 'Hosts', 'h']],
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
    'Expect',
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
  test('tells who the client is', () => {
    const fields = sent(['Host', 'a.example'])
    expect(fields).toEqual([
      ...['Host', 'a.example', 'X-Forwarded-For', '1.2.3.4', 'X-Forwarded-Proto', 'http'],
      ...['X-Forwarded-Host', 'a.example', 'X-Request-Id', 'id-1', 'Via', '1.1 resumelb'],
    ])
  })

  const claims = [
    ...['X-Forwarded-For', '6.6.6.6', 'X-Forwarded-Proto', 'https', 'Forwarded', 'for=6.6.6.6'],
    ...['X-Forwarded-Host', 'evil.example', 'X-Request-Id', 'mine', 'Host', 'a.example'],
  ]

  test('believes nothing that a stranger says of others', () => {
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
    expect(valuesOf('forwarded', fields)).toEqual(['for=6.6.6.6'])
  })

  test('joins the lists of several proxies in order', () => {
    const fields = sent(['X-Forwarded-For', '1.1.1.1', 'X-Forwarded-For', '2.2.2.2'], proxy)
    expect(valuesOf('x-forwarded-for', fields)).toEqual(['1.1.1.1, 2.2.2.2, 10.0.0.1'])
  })

  test('makes its own id instead of one that is no id', () => {
    for (const bad of ['', 'a b', 'x'.repeat(200), 'a\u00e4']) {
      expect(valuesOf('x-request-id', sent(['X-Request-Id', bad], proxy))).toEqual(['id-1'])
    }
  })
})

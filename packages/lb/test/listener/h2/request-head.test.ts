import { splitHeaders } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import { readH2Head } from '../../../src/listener/h2/request-head.ts'

const sender = { isTrusted: false, encrypted: true }
const maxLength = 1_000

const usual = {
  ':method': 'GET',
  ':scheme': 'https',
  ':authority': 'a.example',
  ':path': '/x?y',
}

/** Reads a head of these fields; `undefined` leaves one out. */
function read(
  fields: Readonly<Record<string, string | readonly string[] | undefined>>,
  endsStream = true,
) {
  const all = { ...usual, ...fields }
  const raw = Object.entries(all).flatMap(([name, values = []]) =>
    [values].flat().flatMap((value) => [name, value]),
  )
  return readH2Head(raw, endsStream, maxLength, sender)
}

describe('readH2Head', () => {
  test('makes the authority the Host', () => {
    const { method, url, rawHeaders, facts, refusal } = read({ accept: '*/*' })
    expect({ method, url, refusal }).toEqual({ method: 'GET', url: '/x?y', refusal: undefined })
    expect(rawHeaders).toEqual(['host', 'a.example', 'accept', '*/*'])
    expect(facts).toMatchObject({ host: 'a.example', contentLength: 0, hasTwoHosts: false })
    expect(splitHeaders(facts.block)).toEqual(rawHeaders)
  })

  test('takes a Host without an authority, and one that is the same', () => {
    expect(read({ ':authority': undefined, host: 'b' }).facts.host).toBe('b')
    expect(read({ host: 'A.example' }).rawHeaders).toEqual(['host', 'A.example'])
  })

  test('joins the parts of a cookie', () => {
    const { rawHeaders } = read({ cookie: ['a=1', 'b=2', 'c=3'], accept: '*/*' })
    expect(rawHeaders).toEqual(['host', 'a.example', 'cookie', 'a=1; b=2; c=3', 'accept', '*/*'])
  })

  test('knows that a body of unknown length follows', () => {
    const { facts, rawHeaders } = read({ ':method': 'POST' }, false)
    expect(facts.contentLength).toBe(-1)
    expect(rawHeaders).toEqual(['host', 'a.example'])
    expect(read({ ':method': 'POST', 'content-length': '5' }, false).facts.contentLength).toBe(5)
    expect(read({ ':method': 'POST' }).facts.contentLength).toBe(0)
  })

  test('passes on nothing that is for one hop', () => {
    expect(splitHeaders(read({ te: 'trailers' }).facts.block)).toEqual(['host', 'a.example'])
  })

  test('knows of a client that waits before it sends its body', () => {
    const fields = { ':method': 'PUT', expect: '100-continue' }
    expect(read(fields, false).facts.expectsContinue).toBe(true)
    expect(read(fields, true).facts.expectsContinue).toBe(false)
  })

  test.each([
    ['BAD_HOST', { ':authority': undefined }],
    ['BAD_HOST', { host: 'b.example' }],
    ['BAD_HOST', { ':authority': 'a b' }],
    ['DUPLICATE_HOST', { ':authority': undefined, host: ['a', 'a'] }],
    ['DUPLICATE_HOST', { host: ['a.example', 'a.example'] }],
    ['BAD_TARGET', { ':path': 'x' }],
    ['BAD_TARGET', { ':path': undefined }],
    ['BAD_TARGET', { ':path': 'https://a.example/' }],
    ['BAD_TARGET', { ':path': '/a b' }],
    ['BAD_TARGET', { ':path': '*' }],
    ['BAD_TARGET', { ':scheme': 'ftp' }],
    ['UNSUPPORTED_METHOD', { ':method': 'MAKE' }],
    ['UNSUPPORTED_UPGRADE', { ':method': 'CONNECT', ':protocol': 'connect-udp' }],
    ['BAD_FRAMING', { 'content-length': ['1', '1'] }],
    ['BAD_FRAMING', { 'content-length': '1,1' }],
    ['UNSUPPORTED_EXPECTATION', { expect: 'more' }],
    ['BAD_REQUEST', { 'x-one': 'a\nHost: b' }],
    ['HEADERS_TOO_LARGE', { 'x-one': 'x'.repeat(maxLength) }],
    ['URI_TOO_LONG', { ':path': `/${'x'.repeat(maxLength)}` }],
  ])('refuses with %s: %j', (refusal, fields) => {
    expect(read(fields).refusal).toBe(refusal)
  })

  test('makes an extended CONNECT for a WebSocket an upgrade', () => {
    const fields = { ':method': 'CONNECT', ':protocol': 'websocket', 'sec-websocket-version': '13' }
    const { method, facts, refusal } = read(fields, false)
    expect({ method, refusal }).toEqual({ method: 'GET', refusal: undefined })
    expect(facts).toMatchObject({ upgrade: 'websocket', contentLength: 0 })
    const block = splitHeaders(facts.block)
    expect(block).toEqual(expect.arrayContaining(['Upgrade', 'websocket', 'sec-websocket-version']))
    const key = block[block.indexOf('sec-websocket-key') + 1] as string
    expect(Buffer.from(key, 'base64')).toHaveLength(16)
  })

  test('takes OPTIONS of everything', () => {
    expect(read({ ':method': 'OPTIONS', ':path': '*' })).toMatchObject({
      url: '*',
      refusal: undefined,
    })
  })
})

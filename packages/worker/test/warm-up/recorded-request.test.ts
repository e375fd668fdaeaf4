import { joinHeaders, type RequestHead } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import {
  maxRecordedLength,
  readSavedRequest,
  recordOf,
  savedRequest,
} from '../../src/warm-up/recorded-request.ts'

const headOf = (fields: readonly string[], more: Partial<RequestHead> = {}): RequestHead => ({
  ...{ method: 'GET', url: '/x?q=1', headers: joinHeaders(['Host', 'a.example', ...fields]) },
  ...{ requestClass: 'a', id: '1', remoteAddress: '192.0.2.1', remotePort: 1 },
  ...{ encrypted: true, httpVersion: '2.0' },
  ...more,
})
const isRecorded = (...args: Parameters<typeof headOf>) =>
  recordOf(headOf(...args), false) !== undefined

describe('a recorded request', () => {
  test('has the target and the fields, without those about its client', () => {
    const fields = ['X-Tenant', 't1', 'X-Forwarded-For', '192.0.2.1', 'Referer', 'http://b/']
    const proto = ['X-Forwarded-Proto', 'https', 'Traceparent', '00-1', 'Cache-Control', 'no-cache']
    expect(recordOf(headOf([...fields, ...proto]), false)).toEqual({
      method: 'GET',
      url: '/x?q=1',
      headers: joinHeaders(['Host', 'a.example', 'X-Tenant', 't1', 'X-Forwarded-Proto', 'https']),
      encrypted: true,
    })
  })

  test('survives being saved', () => {
    const request = recordOf(headOf([]), false)
    if (request === undefined) throw new Error('it was not recorded')
    const saved = JSON.parse(JSON.stringify(savedRequest(request)))
    expect(readSavedRequest(saved)).toEqual(request)
  })

  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PURGE'])('is no %s', (method) => {
    expect(isRecorded([], { method })).toBe(false)
  })

  test.each([
    'Range',
    'If-None-Match',
    'If-Modified-Since',
    'If-Range',
    'Content-Length',
    'Transfer-Encoding',
    'Upgrade',
  ])('has no %s', (name) => {
    expect(isRecorded([name, '1'])).toBe(false)
  })

  test.each(['Authorization', 'Cookie', 'Proxy-Authorization', 'X-Api-Key', 'X-CSRF-Token'])(
    'has %s only if credentials are allowed',
    (name) => {
      expect(isRecorded([name, 'secret'])).toBe(false)
      expect(recordOf(headOf([name, 'secret']), true)?.headers).toContain('secret')
    },
  )

  test.each(['access_token', 'sig', 'X-Amz-Signature', 'password'])(
    'has no query parameter %s unless credentials are allowed',
    (name) => {
      expect(isRecorded([], { url: `/x?a=1&${name}=s` })).toBe(false)
      expect(recordOf(headOf([], { url: `/x?a=1&${name}=s` }), true)).toBeDefined()
    },
  )

  test('is not longer than the limit', () => {
    expect(isRecorded([], { url: `/${'x'.repeat(maxRecordedLength)}` })).toBe(false)
  })

  test.each([
    [null],
    [{}],
    [['GET']],
    [['POST', '/', '', false]],
    [['GET', 1, '', false]],
    [['GET', '/', 'x'.repeat(maxRecordedLength), false]],
  ])('is not read from %j', (saved) => {
    expect(readSavedRequest(saved)).toBeUndefined()
  })
})

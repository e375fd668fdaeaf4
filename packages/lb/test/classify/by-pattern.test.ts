import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { classifyByPattern } from '../../src/classify/by-pattern.ts'

const request = {
  method: 'PUT',
  url: '/t/acme/x?tenant=b%20c&empty=&t=1',
  rawHeaders: ['Host', 'h.example:80', 'X-Tenant', 'blue', 'Cookie', 'a=1; site=%C3%A4'],
} as IncomingMessage

describe('classifyByPattern', () => {
  test.each([
    ['path', '^/t/(?<class>[^/]+)', 'acme'],
    ['path', '(?<class>.*)', '/t/acme/x'],
    ['url', '(?<class>tenant.*)', 'tenant=b%20c&empty=&t=1'],
    ['method', '(?<class>.+)', 'PUT'],
    ['host', '(?<class>[^:]+)', 'h.example'],
    ['query:tenant', '(?<class>.+)', 'b c'],
    ['query:none', '(?<class>.*)', ''],
    ['header:X-TENANT', '(?<class>.+)', 'blue'],
    ['header:x-none', '(?<class>.*)', ''],
    ['cookie:site', '(?<class>.+)', 'ä'],
    ['cookie:none', '(?<class>.*)', ''],
    ['path', '^/other/(?<class>.+)', ''],
    ['path', '^/t/|(?<class>never)', ''],
  ])('finds in %s by %s: %s', (attribute, pattern, requestClass) => {
    expect(classifyByPattern(attribute, pattern)(request)).toBe(requestClass)
  })

  test('does not remember the request before', () => {
    const classify = classifyByPattern('path', /(?<class>[a-z]+)/g)
    expect([classify(request), classify(request)]).toEqual(['t', 't'])
  })

  test('shows no pattern a long text', () => {
    const long = { ...request, url: `/${'a'.repeat(100_000)}` } as IncomingMessage
    expect(classifyByPattern('path', '(?<class>.*)')(long).length).toBe(2048)
  })

  test.each(['', 'paths', 'query', 'query:', 'header:', 'toString', 'constructor:x'])(
    'refuses the attribute "%s"',
    (attribute) => {
      expect(() => classifyByPattern(attribute, '(?<class>.*)')).toThrow(/attribute.*path, url/)
    },
  )

  test.each(['^/(?<class>(?:[a-z]+-?)+)/$', /^\/(?<class>(?:[A-Z]+-?)+)\/$/i])(
    'refuses %s, which a crafted request could make run exponentially long',
    (pattern) => {
      expect(() => classifyByPattern('path', pattern)).toThrow(/its time is exponential/)
    },
  )

  test.each(['(', '.*', '(?<klass>.*)', '(?<class>'])('refuses the pattern %s', (pattern) => {
    expect(() => classifyByPattern('path', pattern)).toThrow(/group \(\?<class>/)
  })
})

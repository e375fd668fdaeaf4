import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { classifyByVersion, splitVersion } from '../../src/classify/by-version.ts'

const requestWith = (...rawHeaders: string[]) => ({ rawHeaders }) as unknown as IncomingMessage

describe('classifyByVersion', () => {
  const classify = classifyByVersion('header:x-version', () => 'site/a')

  test('says which version a request asks for, beside its class', () => {
    const request = requestWith('X-Version', '7/8')
    expect(classify(request)).toEqual({ requestClass: 'site/a', version: '7/8' })
  })

  test('gives requests without one an empty version', () => {
    expect(classify(requestWith())).toEqual({ requestClass: 'site/a', version: '' })
  })

  test('keeps what the classifier said besides', () => {
    const byVersion = classifyByVersion('method', () => ({ requestClass: 'a', session: 's' }))
    const request = { method: 'PUT' } as IncomingMessage
    expect(byVersion(request)).toEqual({ requestClass: 'a', session: 's', version: 'PUT' })
  })

  test('refuses what is no attribute', () => {
    expect(() => classifyByVersion('colour', () => 'a')).toThrow('header:NAME')
  })
})

describe('splitVersion', () => {
  test.each([
    ['v2/a', { requestClass: 'a', version: 'v2' }],
    ['v2/a/b', { requestClass: 'a/b', version: 'v2' }],
    ['/a', { requestClass: 'a', version: '' }],
    ['a', { requestClass: 'a' }],
    ['', { requestClass: '' }],
  ])('takes %j to pieces at its first slash', (name, pick) => {
    expect(splitVersion(() => name)(requestWith())).toEqual(pick)
  })
})

import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { classifyByVersion } from '../../src/classify/by-version.ts'

const requestWith = (...rawHeaders: string[]) => ({ rawHeaders }) as unknown as IncomingMessage

describe('classifyByVersion', () => {
  const classify = classifyByVersion('header:x-version', () => 'site/a')

  test('puts the version that a request asks for before its class', () => {
    expect(classify(requestWith('X-Version', '7'))).toBe('7/site/a')
  })

  test('gives requests without one an empty version', () => {
    expect(classify(requestWith())).toBe('/site/a')
  })

  test('lets no version have a slash', () => {
    expect(classify(requestWith('x-version', '7/8/'))).toBe('78/site/a')
  })

  test('refuses what is no attribute', () => {
    expect(() => classifyByVersion('colour', () => 'a')).toThrow('header:NAME')
  })
})

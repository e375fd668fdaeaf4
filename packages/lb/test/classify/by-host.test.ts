import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { classifyByHost } from '../../src/classify/by-host.ts'

const classOf = (...rawHeaders: string[]) => classifyByHost({ rawHeaders } as IncomingMessage)

describe('classifyByHost', () => {
  test.each([
    ['a.example', 'a.example'],
    ['A.Example', 'a.example'],
    ['a.example:8080', 'a.example'],
    ['a.example.', 'a.example'],
    ['a.example.:80', 'a.example'],
    ['www.a.example', 'a.example'],
    ['WWW.A.Example.:443', 'a.example'],
    ['wwwa.example', 'wwwa.example'],
    ['127.0.0.1:8080', '127.0.0.1'],
    ['[::1]:8080', '[::1]'],
    ['[::1]', '[::1]'],
    ['', ''],
  ])('makes one class of all ways to write a site: %s is %s', (host, requestClass) => {
    expect(classOf('Accept', '*/*', 'hOST', host)).toBe(requestClass)
  })

  test('gives requests without a host the default class', () => {
    expect(classOf('Accept', '*/*')).toBe('')
  })
})

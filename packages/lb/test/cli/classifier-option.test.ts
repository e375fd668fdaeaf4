import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { classifierFrom } from '../../src/cli/classifier-option.ts'

const request = { url: '/t/blue/x y', rawHeaders: ['Host', 'www.a.example'] } as IncomingMessage

describe('classifierFrom', () => {
  test.each([
    ['host', 'a.example'],
    ['regexp path ^/t/(?<class>[^/]+)', 'blue'],
    ['regexp path (?<class>x y)', 'x y'],
    ['regexp  header:host\t(?<class>www)', 'www'],
  ])('understands "%s"', async (text, requestClass) => {
    expect((await classifierFrom(text))(request)).toBe(requestClass)
  })

  test('takes a function of a module', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'resumelb-classifier-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'classify.mjs')
    writeFileSync(
      file,
      'export default () => "all"\nexport const byUrl = (r) => r.url\nexport const n = 1',
    )
    expect((await classifierFrom(file))(request)).toBe('all')
    expect((await classifierFrom(`module:${file}#byUrl`))(request)).toBe('/t/blue/x y')
    await expect(classifierFrom(`${file}#n`)).rejects.toThrow('request-classifier')
  })

  test.each(['', 'hosts', 'regexp', 'regexp path', 'regexp path [', 'regexp paths (?<class>.)'])(
    'refuses "%s"',
    async (text) => {
      await expect(classifierFrom(text)).rejects.toThrow('Expected')
    },
  )
})

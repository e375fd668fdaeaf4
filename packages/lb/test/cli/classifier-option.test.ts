import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { classifyByConversation } from '../../src/classify/by-conversation.ts'
import { classifierFrom, classifierOf } from '../../src/cli/classifier-option.ts'

const request = { url: '/t/blue/x y', rawHeaders: ['Host', 'www.a.example'] } as IncomingMessage

describe('classifierFrom', () => {
  test.each([
    ['host', 'a.example'],
    ['regexp path ^/t/(?<class>[^/]+)', 'blue'],
    ['regexp path (?<class>x y)', 'x y'],
    ['header:host', 'www.a.example'],
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

describe('classifierOf', () => {
  const labelOf = (name: string) => `--${name}`
  const values = { requestClassifier: 'host', requestChain: [] as string[] }
  const classify = async (more: Partial<typeof values & { requestUnits: string }>) =>
    await classifierOf({ values: { ...values, ...more }, labelOf })

  test('adds the size and the chain', async () => {
    const more = { requestUnits: 'header:host', requestChain: ['path', 'host'] }
    expect((await classify(more))(request)).toEqual({
      ...{ requestClass: 'a.example', chain: ['/t/blue/x y', 'www.a.example'] },
    })
  })

  test.each(['openai', 'anthropic'])('knows the requests of %s by itself', async (name) => {
    expect(await classify({ requestClassifier: name })).toBe(classifyByConversation)
    const rows = classify({ requestClassifier: name, requestUnits: 'body-size' })
    await expect(rows).rejects.toThrow(`--requestUnits is for other classifiers than ${name}`)
    const chain = classify({ requestClassifier: name, requestChain: ['path'] })
    await expect(chain).rejects.toThrow(`--requestChain is for other classifiers than ${name}`)
  })

  test('names the option with a bad attribute', async () => {
    await expect(classify({ requestUnits: 'size' })).rejects.toThrow('--requestUnits')
    await expect(classify({ requestChain: ['path', 'x'] })).rejects.toThrow('--requestChain')
  })
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readConfig } from '../../src/cli/config-file.ts'

const table = {
  maxRetries: { default: 5, min: 0, max: 100, whole: true, alias: 'retries', help: 'How often' },
  timeout: { default: 1000, min: 1, max: 600_000, unit: 'ms', help: 'How long' },
  version: { type: 'text', form: 'a word', help: 'Which' },
  quiet: { type: 'flag', default: false, alias: 'q', help: 'Say nothing' },
  trusted: { type: 'list', form: 'ADDRESS', default: [], help: 'Whom' },
} as const

function read(text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'resumelb-config-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'options.yaml')
  writeFileSync(path, text)
  return readConfig(path, table)
}

const valuesOf = (text: string) =>
  Object.fromEntries([...read(text)].map(([name, { value }]) => [name, value]))

describe('a file of options', () => {
  test('has the names and values of the command line', () => {
    const text = 'max-retries: 7\ntimeout: 2m # a while\nquiet: true\ntrusted: [127.0.0.1, "::1"]\n'
    const values = { maxRetries: 7, timeout: 120_000, quiet: true, trusted: ['127.0.0.1', '::1'] }
    expect(valuesOf(text)).toEqual(values)
  })

  test.each(['maxRetries', 'max_retries', 'retries'])('may call max-retries %s', (name) => {
    expect(valuesOf(`${name}: 7`)).toEqual({ maxRetries: 7 })
  })

  test('may be JSON', () => {
    expect(valuesOf('{ "max-retries": 7, "trusted": "::1" }')).toEqual({
      maxRetries: 7,
      trusted: ['::1'],
    })
  })

  test('leaves texts as they are written', () => {
    expect(valuesOf('version: 1.10')).toEqual({ version: '1.10' })
  })

  test('reports where each value is', () => {
    expect(read('# first\nretries: 7\n').get('maxRetries')?.label).toMatch(
      /^retries \(.*options\.yaml:2\)$/,
    )
  })

  test.each([
    [
      'an unknown name',
      'quiet: true\nmax-retry: 7',
      /yaml:2: .*max-retry: did you mean max-retries/,
    ],
    ['a letter', 'q: true', /yaml:1: Unknown option q/],
    ['a bad value', '\ntimeout: 2 weeks', /timeout \(.*yaml:2\)/],
    ['no value', 'timeout:', /timeout \(.*yaml:1\).*got nothing/],
    ['a map for a value', 'timeout: { a: 1 }', /timeout .*got a map/],
    ['a list for one value', 'timeout: [1, 2]', /timeout .*got a list/],
    ['a list', '- timeout', /a file with a map from options to values/],
    ['nothing', '', /a file with a map from options to values/],
    ['what is no YAML', 'a: b: c', /yaml:1: /],
    ['a name twice', 'quiet: true\nquiet: false', /yaml:2: /],
  ])('with %s is refused', (_, text, message) => {
    expect(() => read(text)).toThrow(message)
  })

  test('that is not there is refused', () => {
    expect(() => readConfig('/no/such/file', table)).toThrow(/--config .*ENOENT/)
  })
})

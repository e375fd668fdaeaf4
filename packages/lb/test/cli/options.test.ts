import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  loadBalancerOptions,
  readConfig,
  type SharedArguments,
  sharedOptions,
} from '../../src/cli/options.ts'
import { defaultBalancingOptions } from '../../src/options.ts'

/** What yargs would make of a command line that gives nothing but this. */
function given(some: Record<string, unknown> = {}): SharedArguments {
  const args: Record<string, unknown> = {}
  for (const [name, option] of Object.entries(sharedOptions())) {
    const camelCase = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
    args[camelCase] = option.default
  }
  return { ...args, ...some } as unknown as SharedArguments
}

describe('sharedOptions', () => {
  test('are those of the table in the README, with their defaults and in that order', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
    const rows = Object.entries(sharedOptions()).map(([name, option]) => {
      const alias = option.alias === undefined ? '' : `\`-${option.alias}\` `
      const usual = option.default === undefined ? '' : `\`${JSON.stringify(option.default)}\``
      const says = String(option.describe).replace(/\s*\[default: (.*)\]/, '; default: $1')
      return `| ${alias}\`--${name}\` | ${usual} | ${says} |`
    })
    expect(readme.split('\n').filter((line) => /^\| (`-. ?|`--)/.test(line))).toEqual(rows)
  })

  test('name no letter twice', () => {
    const letters = Object.values(sharedOptions()).flatMap(({ alias }) => alias ?? [])
    expect(new Set(letters).size).toBe(letters.length)
  })
})

describe('loadBalancerOptions', () => {
  test('are the defaults of the library, in milliseconds, if nothing is given', async () => {
    const options = await loadBalancerOptions(given())
    expect(options).toMatchObject(defaultBalancingOptions)
    expect(options.pool).toBe('cost')
  })

  test('count times in seconds', async () => {
    const options = await loadBalancerOptions(given({ waitTimeout: 1.5, maxRetries: 7 }))
    expect(options).toMatchObject({ waitTimeout: 1500, maxRetries: 7 })
  })

  test("have the original command's variance unless it is given", async () => {
    expect((await loadBalancerOptions(given())).settings).toEqual({ variance: 4 })
    const options = await loadBalancerOptions(given({ variance: 2, unskilledScore: 3 }))
    expect(options.settings).toEqual({ variance: 2, unskilledScore: 3 })
  })

  test('take the disconnect message as a text or from a file', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'page.html')
    writeFileSync(file, '<h1>Sorry</h1>')
    const fromFile = await loadBalancerOptions(given({ disconnectMessage: file }))
    const fromText = await loadBalancerOptions(given({ disconnectMessage: 'Sorry' }))
    expect(fromFile.disconnectMessage).toBe('<h1>Sorry</h1>')
    expect(fromText.disconnectMessage).toBe('Sorry')
  })

  test('take a pool of the user from a module', async () => {
    const file = join(temporaryFolder(), 'pools.mjs')
    writeFileSync(file, 'export const create = (settings) => ({ settings, assign() {} })')
    const { pool } = await loadBalancerOptions(given({ pool: `${file}#create` }))
    expect(typeof pool).toBe('function')
    await expect(loadBalancerOptions(given({ pool: `${file}#other` }))).rejects.toThrow('other')
    await expect(loadBalancerOptions(given({ pool: './no-such.js' }))).rejects.toThrow('no-such')
  })
})

describe('readConfig', () => {
  const write = (text: string) => {
    const file = join(temporaryFolder(), 'config')
    writeFileSync(file, text)
    return file
  }

  test('reads YAML and JSON', () => {
    const expected = { address: ':80', workers: ['a:1'] }
    expect(readConfig(write("address: ':80'\nworkers:\n  - a:1\n"))).toEqual(expected)
    expect(readConfig(write(JSON.stringify(expected)))).toEqual(expected)
  })

  test.each(['- 1', 'text', '{', ''])('refuses %j', (text) => {
    expect(() => readConfig(write(text))).toThrow('Expected config to be')
  })

  test('names a file that is not there', () => {
    expect(() => readConfig('/no/such/file')).toThrow('/no/such/file')
  })
})

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'resumelb-options-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCommandLine } from '@resumelb/common/cli'
import { describe, expect, onTestFinished, test } from 'vitest'
import { loadBalancerOptions } from '../../src/cli/options.ts'
import { commandSettings, resumelbSyntax } from '../../src/cli/resumelb-syntax.ts'
import type { SharedLine } from '../../src/cli/syntax.ts'
import { defaultBalancingOptions } from '../../src/options.ts'

/** What the command makes of these words. */
function optionsFor(...words: string[]) {
  return loadBalancerOptions(readCommandLine(words, resumelbSyntax) as SharedLine, commandSettings)
}

test('no letter stands for two options', () => {
  const tables = resumelbSyntax.groups.map(({ options }) => options)
  const letters = tables.flatMap(Object.values).flatMap(({ alias }) => alias ?? [])
  expect(new Set(letters).size).toBe(letters.length)
})

describe('loadBalancerOptions', () => {
  test('are the defaults of the library, in milliseconds, if nothing is given', async () => {
    const options = await optionsFor()
    expect(options).toMatchObject(defaultBalancingOptions)
    expect(options.pool).toBe('cost')
    expect(options.settings).toEqual({})
  })

  test('count times in seconds, or as their unit says', async () => {
    const words = ['--wait-timeout', '1.5', '--connect-timeout=20ms', '--client-timeout', '2m']
    expect(await optionsFor(...words, '--max-retries', '7')).toMatchObject({
      waitTimeout: 1500,
      connectTimeout: 20,
      clientTimeout: 120_000,
      maxRetries: 7,
    })
  })

  test('take the last of what is given twice, but all trusted proxies', async () => {
    const words = ['--max-retries=1', '--max-retries=2', '--trusted-proxy', 'loopback']
    expect(await optionsFor(...words, '--trusted-proxy', '10.0.0.1')).toMatchObject({
      maxRetries: 2,
      trustedProxies: ['loopback', '10.0.0.1'],
    })
  })

  test("have the original command's variance for its pool unless it is given", async () => {
    expect((await optionsFor('--pool', 'classic')).settings).toEqual({ variance: 4 })
    const { settings } = await optionsFor('--pool', 'classic', '-v2', '--unskilled-score', '3')
    expect(settings).toEqual({ variance: 2, unskilledScore: 3 })
  })

  test('take the disconnect message as a text or from a file', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'page.html')
    writeFileSync(file, '<h1>Sorry</h1>')
    expect((await optionsFor('-e', file)).disconnectMessage).toBe('<h1>Sorry</h1>')
    expect((await optionsFor('-e', 'Sorry. Try later.')).disconnectMessage).toBe(
      'Sorry. Try later.',
    )
    expect((await optionsFor('-e', '<p>a/b</p>')).disconnectMessage).toBe('<p>a/b</p>')
  })

  test('take a pool of the user from a module', async () => {
    const file = join(temporaryFolder(), 'pools.mjs')
    writeFileSync(file, 'export const create = (settings) => ({ settings, assign() {} })')
    const { pool } = await optionsFor('--pool', `${file}#create`)
    expect(typeof pool).toBe('function')
  })

  test('are read from YAML and JSON, in any spelling, below those of the command line', async () => {
    const file = join(temporaryFolder(), 'resumelb.yaml')
    writeFileSync(file, 'max-retries: 3\nwait_timeout: 2s\nclientTimeout: 4\n')
    expect(await optionsFor('--config', file, '--max-retries', '4')).toMatchObject({
      maxRetries: 4,
      waitTimeout: 2000,
      clientTimeout: 4000,
    })
    writeFileSync(file, '{"max-retries": 5, "trusted-proxy": "loopback"}')
    expect(await optionsFor('--config', file)).toMatchObject({
      maxRetries: 5,
      trustedProxies: ['loopback'],
    })
  })
})

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'resumelb-options-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

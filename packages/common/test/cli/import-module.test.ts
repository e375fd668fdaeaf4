import { describe, expect, test } from 'vitest'
import { failureIn, importModule, namesFile, settled } from '../../src/cli/import-module.ts'
import { OptionError } from '../../src/errors.ts'
import { ManualClock } from '../../src/testing/index.ts'

describe('a module', () => {
  test.each([
    ['./app.js', true],
    ['../app', true],
    ['/srv/app', true],
    ['app.mjs', true],
    ['app.ts', true],
    ['fastify', false],
    ['@scope/app', false],
    ['node:http', false],
  ])('%s is a file: %s', (text, isFile) => {
    expect(namesFile(text)).toBe(isFile)
  })

  test.each([
    ['./no-such-module.js', 'there is no file'],
    ['./test', 'is a folder'],
    ['./package.json', 'Node.js loads no .json files'],
    ['no-such-package', "Cannot find module 'no-such-package'"],
    ['package.json', 'write ./package.json for the file'],
  ])('%s is refused: %s', async (module, reason) => {
    const refused = importModule('MODULE', module)
    await expect(refused).rejects.toThrow(OptionError)
    await expect(refused).rejects.toThrow(reason)
  })
})

describe('a promise of the user’s', () => {
  function wait<Result>(promise: Promise<Result>) {
    const clock = new ManualClock()
    const told: string[] = []
    const result = settled(promise, 'create of app.js', {
      clock,
      complain: (text) => void told.push(text),
    })
    return { clock, told, result }
  }

  test('is waited for without a word while it takes less than ten seconds', async () => {
    let settle = (_value: string) => {}
    const { clock, told, result } = wait(new Promise<string>((resolve) => (settle = resolve)))
    await clock.advance(9_999)
    settle('done')
    expect(await result).toBe('done')
    await clock.advance(60_000)
    expect([told, clock.pending]).toEqual([[], 0])
  })

  test('that takes longer is logged repeatedly, and still waited for', async () => {
    let settle = (_value: string) => {}
    const { clock, told, result } = wait(new Promise<string>((resolve) => (settle = resolve)))
    await clock.advance(40_000)
    const text = 'still waiting for create of app.js: it made a promise that has not settled for'
    expect(told).toEqual([`${text} 10 s`, `${text} 40 s`])
    settle('done')
    expect(await result).toBe('done')
  })

  test('that rejects is no longer waited for', async () => {
    const { clock, told, result } = wait(Promise.reject(new Error('no database')))
    await expect(result).rejects.toThrow('no database')
    await clock.advance(60_000)
    expect([told, clock.pending]).toEqual([[], 0])
  })
})

describe('a failure in the user’s code', () => {
  test('is one line with its place', () => {
    const { message } = failureIn('app.js', new TypeError('no x\nnor y'))
    expect(message).toMatch(/^app\.js failed: TypeError: no x \(\/.*import-module\.test\.ts:\d+\)$/)
  })

  test('may be anything that was thrown', () => {
    expect(failureIn('app.js', 'out of order').message).toBe('app.js failed: out of order')
  })
})

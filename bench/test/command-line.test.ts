import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { optionsFrom, refuse } from '../command-line.ts'

const benchmark = {
  name: 'compare',
  call: 'npm run compare --',
  description: 'Compares.',
  options: {
    only: { type: 'string', array: true },
    seeds: { type: 'number', least: 1 },
    zipf: { type: 'number' },
    full: { type: 'boolean' },
  },
} as const

describe('the command line of a benchmark', () => {
  it('gives the values of the options, and undefined for those that were not given', async () => {
    const words = ['--only', 'a', 'b', '--only', 'c', '--seeds', '2']
    const options = await optionsFrom(words, benchmark)
    expect(options).toMatchObject({ only: ['a', 'b', 'c'], seeds: 2 })
    expect(options.full).toBeUndefined()
  })

  it.each([
    [['--sed', '1'], 'Unknown argument: sed'],
    [['word'], 'Unknown argument: word'],
    [['--seeds'], 'Not enough arguments following: seeds'],
    [['--only'], 'Not enough arguments following: only'],
    [['--seeds', 'two'], 'Expected --seeds to be a number of at least 1'],
    [['--seeds', '0'], 'Expected --seeds to be a number of at least 1'],
    [['--zipf', 'steep'], 'Expected --zipf to be a number'],
    [['--seeds', '1', '--seeds', '2'], 'Expected --seeds only once'],
  ])('refuses %j', async (words, message) => {
    await expect(optionsFrom(words, benchmark)).rejects.toMatchObject({
      name: 'UsageError',
      message,
    })
  })

  it('refuses an option that has no effect beside another one', async () => {
    const check = (values: { readonly full?: boolean | undefined }): void => {
      if (values.full) refuse(values, ['zipf', 'seeds'], '--full has its own')
    }
    expect(await optionsFrom(['--full'], benchmark, check)).toMatchObject({ full: true })
    await expect(optionsFrom(['--full', '--seeds', '2'], benchmark, check)).rejects.toThrow(
      '--seeds has no effect: --full has its own',
    )
  })

  it('ends quietly when the reader of its output has closed the pipe', async () => {
    const program = fileURLToPath(new URL('../simulate/cli.ts', import.meta.url))
    const options = ['--import', 'tsx', '--conditions=@resumelb/source', program, '--list']
    const child = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.destroy()
    const [[code], errors] = await Promise.all([once(child, 'close'), text(child.stderr)])
    expect([code, errors]).toEqual([0, ''])
  })
})

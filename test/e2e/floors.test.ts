/** The check that source files import only what `scripts/floors.mjs` allows their part. */
import { describe, expect, test } from 'vitest'

type Row = [parts: string, allowed: string, reason: string]
type FloorMistakes = (
  rows: readonly Row[],
  files: ReadonlyMap<string, string>,
  others: readonly string[],
) => string[]

const script = new URL('../../scripts/check-floors.mjs', import.meta.url).href
const { floorMistakes } = (await import(script)) as { floorMistakes: FloorMistakes }

const rows: Row[] = [
  ['low', '@common node:buffer', 'low is pure'],
  ['low/deep', 'low', 'deep knows low only'],
  ['high', '* @common/cli node yargs', 'high knows no top'],
  ['high/main.ts', 'high', 'main knows high only'],
  ['.', '*', 'the rest knows no other package'],
]

/** What is said of one file, beside an empty one in each part. */
function mistakesOf(path: string, text: string, table = rows): string[] {
  const files = new Map(
    ['low/a.ts', 'low/deep/a.ts', 'high/a.ts', 'high/main.ts', 'a.ts'].map((each) => [each, '']),
  )
  return floorMistakes(table, files.set(path, text), ['@common', '@common/cli', 'yargs'])
}

describe('imports', () => {
  const allowed: [rule: string, path: string, text: string][] = [
    ['of the same part', 'low/a.ts', "import { b } from './b.ts'"],
    ['of a part that the row names', 'low/deep/a.ts', "import type { A } from '../a.ts'"],
    ['of a package that the row names', 'low/a.ts', "import { a } from '@resumelb/common'"],
    ['of a module of Node.js that it names', 'low/a.ts', "import { Buffer } from 'node:buffer'"],
    ['of all parts above a row with *', 'high/a.ts', "export * from '../low/deep/a.ts'"],
    ['of all of Node.js with node', 'high/a.ts', "import { join } from 'node:path'"],
    ['of a file of a package of npm', 'high/a.ts', "import yargs from 'yargs/helpers'"],
    ['in comments and strings do not count', 'low/a.ts', 'const a = "import \'node:net\'"'],
  ]

  test.each(allowed)('%s are allowed', (_rule, path, text) => {
    expect(mistakesOf(path, text)).toEqual([])
  })

  const refused: [rule: string, path: string, text: string, mistake: RegExp][] = [
    ['of a part further down', 'low/a.ts', "import { a } from '../high/a.ts'", /low is pure/],
    ['of a part beside it', 'low/a.ts', "import { a } from './deep/a.ts'", /low is pure/],
    ['of another module of Node.js', 'low/a.ts', "import 'node:net'", /imports node:net/],
    ['of another entry', 'low/a.ts', "export { a } from '@resumelb/common/cli'", /low is pure/],
    ['of another package of npm', 'low/a.ts', "import yargs from 'yargs'", /imports yargs/],
    ['over several lines', 'low/a.ts', "import {\n  a,\n  b,\n} from '../a.ts'", /low is pure/],
    ['of types', 'low/a.ts', "import type { A } from '../high/a.ts'", /low is pure/],
    ['of a type in place', 'low/a.ts', "type A = typeof import('yargs')", /imports yargs/],
    ['of a file of its own row', 'high/a.ts', "import { a } from './main.ts'", /no top/],
    ['of a part that * of the rest excludes', 'a.ts', "import 'yargs'", /no other package/],
  ]

  test.each(refused)('%s are refused, with the reason', (_rule, path, text, mistake) => {
    expect(mistakesOf(path, text)).toEqual([expect.stringMatching(mistake)])
  })
})

describe('the table', () => {
  test('has a file for each part', () => {
    const table: Row[] = [...rows, ['gone', '', '']]
    expect(mistakesOf('a.ts', '', table)).toEqual(['gone has no file'])
  })

  test('has a part for each file', () => {
    expect(mistakesOf('other/b.ts', '', rows.slice(0, -1))).toEqual([
      'a.ts belongs to no part',
      'other/b.ts belongs to no part',
    ])
  })

  test('allows nothing that is further down, so that there are no circles', () => {
    const table: Row[] = [['low', 'high', ''], ...rows.slice(1)]
    expect(mistakesOf('a.ts', '', table)).toEqual([
      'the row of low allows high, which is neither above it nor a dependency',
    ])
  })
})

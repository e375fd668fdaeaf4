/** Modules and patterns of the user's own, as the built commands load them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CommandProcess } from '../support/processes.ts'

const files: Readonly<Record<string, string>> = {
  'syntax.mjs': 'export const a = 1\nexport const = 2\n',
  'inner.mjs': 'import "./syntax.mjs"\n',
  'syntax.cjs': 'const a = 1\nconst = 2\n',
  'name.mjs': 'import { noSuchName } from "node:fs"\n',
  'waits.mjs': 'await new Promise(() => {})\n',
  'never.mjs': 'export const create = () => new Promise(() => {})\n',
  'throws.mjs': '\nnull.x\n',
  'typed.mts':
    'const text: string = "ok"\nexport default (_request, response) => response.end(text)\n',
  'requires.mjs': "const http = require('node:http')\n",
  'exports.mjs': 'module.exports = (_request, response) => response.end()\n',
  'imports.cjs': "import http from 'node:http'\n",
  'default.cjs': 'export default (_request, response) => response.end()\n',
  'image.png': '',
  'missing.mjs': 'import "no-such-package"\n',
}

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'resumelb-modules-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
})
afterAll(() => rmSync(folder, { recursive: true }))

const rows: readonly (readonly [words: string[], code: number, says: RegExp])[] = [
  [['syntax.mjs'], 2, /SyntaxError at \/.*syntax\.mjs:2/],
  [['inner.mjs'], 2, /SyntaxError at \/.*syntax\.mjs:2/],
  [['syntax.cjs'], 2, /SyntaxError at \/.*syntax\.cjs:2/],
  [['name.mjs'], 2, /SyntaxError at \/.*name\.mjs:1/],
  [['missing.mjs'], 2, /imports what is missing: .*'no-such-package'/],
  [['throws.mjs'], 1, /throws\.mjs failed: TypeError: .*throws\.mjs:2/],
  [['requires.mjs'], 2, /requires\.mjs:1: require is not defined .*rename it to \.cjs, or write/],
  [['exports.mjs'], 2, /exports\.mjs:1: module is not defined .*rename it to \.cjs, or write/],
  [['imports.cjs'], 2, /imports\.cjs:1: Cannot use import .*rename it to \.mjs, or write/],
  [['default.cjs'], 2, /default\.cjs:1: Unexpected token 'export'.*rename it to \.mjs, or write/],
  [['.'], 2, /\/.* is a folder/],
  [['image.png'], 2, /Node\.js loads no \.png files/],
  [['waits.mjs'], 1, /a promise that never settles/],
]

/**
 * One line of an error, perhaps with the hint of where to read on. Before it, Node.js itself may
 * warn.
 */
const line = /^(?:\(.*\n)*\S+: [^\n]+\n(?:Try: \S+ --help\n)?$/

describe.each([
  ['resumelb-worker', 'packages/worker/bin/resumelb-worker.js', (module: string) => [module]],
  ['resumelb', 'packages/lb/bin/resumelb.js', (module: string) => ['-r', module, ':1']],
] as const)('%s', (_name, bin, wordsFor) => {
  test.each(rows)('with %j leaves with %d and says %s', async ([module = ''], code, says) => {
    const command = new CommandProcess(bin, wordsFor(join(folder, module)))
    expect(await command.exited).toBe(code)
    expect(command.stderr).toMatch(says)
    expect(command.stderr).toMatch(line)
  })
})

test('a factory that never settles is reported', async () => {
  const words = [join(folder, 'never.mjs'), '--export', 'create']
  const command = new CommandProcess('packages/worker/bin/resumelb-worker.js', words)
  expect(await command.exited).toBe(1)
  expect(command.stderr).toMatch(/create of .*never\.mjs made a promise that never settles\n$/)
})

test('a module in TypeScript is loaded, or the version of Node.js that would is named', async () => {
  const words = ['-a', '127.0.0.1:0', join(folder, 'typed.mts')]
  const command = new CommandProcess('packages/worker/bin/resumelb-worker.js', words)
  if ('typescript' in process.features) {
    await command.address()
    expect(await command.stop()).toBe(0)
  } else {
    expect(await command.exited).toBe(2)
    expect(command.stderr).toMatch(/does not load it; compile it, or use 22\.18 or newer/)
  }
})

test('a pattern that a crafted request could make run exponentially long is refused', async () => {
  const pattern = 'regexp path ^/(?<class>(?:[a-z]+-?)+)/$'
  const command = new CommandProcess('packages/lb/bin/resumelb.js', ['-r', pattern, ':1'])
  expect(await command.exited).toBe(2)
  expect(command.stderr).toMatch(/--request-classifier .*its time is exponential/)
})

test('a pattern that is harmless is taken', async () => {
  const words = ['-r', 'regexp path ^/t/(?<class>[^/]+)', '-a', '127.0.0.1:0', '127.0.0.1:1']
  const command = new CommandProcess('packages/lb/bin/resumelb.js', words)
  await command.address()
  expect(await command.stop()).toBe(0)
})

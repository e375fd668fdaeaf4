/** What the README says is so. */
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { maxOpenCalls } from '../src/client/calls.ts'
import { maxServers } from '../src/connection-string.ts'
import { maxLinks } from '../src/links.ts'
import { maxWatchedPaths } from '../src/nodes.ts'
import { defaultSessionOptions } from '../src/options.ts'
import { maxProviders, maxRegistrations, maxWatches } from '../src/session.ts'
import { parseTree } from '../src/tree/parse.ts'
import { printTree } from '../src/tree/print.ts'

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')

test('the README has the defaults of all options', () => {
  const rows = [...readme.matchAll(/^\| `(\w+)` \| (\d+|\[\]) \|/gm)].map(([, name, value]) => [
    name,
    value,
  ])
  const defaults = Object.entries(defaultSessionOptions).map(([name, value]) => {
    return [name, JSON.stringify(value)]
  })
  expect(rows).toEqual(defaults)
})

test('the README has the limits', () => {
  expect(maxRegistrations).toBe(maxWatches)
  const limits = [maxServers, maxWatches, maxProviders, maxOpenCalls, maxWatchedPaths, maxLinks]
  const rows = [...readme.matchAll(/^\| [a-z][^|]* \| (\d+)(?: each)? \|$/gm)]
  expect(rows.map(([, limit]) => Number(limit))).toEqual(limits)
})

test('the README names every code of an error', async () => {
  const source = await readFile(new URL('../src/errors.ts', import.meta.url), 'utf8')
  const codes = [...source.matchAll(/^ {2}\| '(\w+)'/gm)].map(([, code]) => code)
  expect(codes.length).toBeGreaterThan(10)
  for (const code of codes) expect(readme).toContain(`\`${code}\``)
})

test("the README's tree is one, and is written as the command would write it", () => {
  const text = /```\n(\/lb : [^`]*)```/.exec(readme)?.[1] ?? ''
  const blocks = text.split(/^(?=\/)/m).sort()
  expect(printTree(parseTree(text))).toBe(blocks.join(''))
})

/** What the README says is so. */
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { zookeeperAvailable } from '../../../test/support/zookeeper-server.ts'
import { maxOpenCalls } from '../src/client/calls.ts'
import { maxServers } from '../src/connection-string.ts'
import { maxLinks } from '../src/links.ts'
import { maxDataBytes } from '../src/node-data.ts'
import { maxWatchedPaths } from '../src/nodes.ts'
import { resolveSessionOptions } from '../src/options.ts'
import { maxProviders } from '../src/providers.ts'
import { maxRegistrations, maxWatches } from '../src/session.ts'
import { parseTree } from '../src/tree/parse.ts'
import { printTree } from '../src/tree/print.ts'
import { patient, useServer } from './harness.ts'

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')

test('the README has the defaults of all options', () => {
  const rows = [...readme.matchAll(/^\| `(\w+)` \| (\d+|\[\]) \|/gm)].map(([, name, value]) => [
    name,
    value,
  ])
  const defaults = Object.entries(resolveSessionOptions({})).map(([name, value]) => {
    return [name, JSON.stringify(value)]
  })
  expect(rows.sort()).toEqual(defaults.sort())
})

test('the README has the limits', () => {
  expect(maxRegistrations).toBe(maxWatches)
  const limits = [
    maxServers,
    maxWatches,
    maxProviders,
    maxOpenCalls,
    maxWatchedPaths,
    maxLinks,
    maxDataBytes,
  ]
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

describe.skipIf(!zookeeperAvailable())("the README's example", patient, () => {
  const { server } = useServer()

  test('runs, and its process ends by itself', async () => {
    const sample =
      /```ts\n(import \{ connect \} [^`]*(?:`[^`\n]*`[^`]*)*?)```/.exec(readme)?.[1] ?? ''
    const { stdout, stderr, code } = await runModule(
      sample.replace('127.0.0.1:2181', server().connectionString),
    )
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
    expect(stdout).toContain("[ '127.0.0.1:8080 runs 1.0' ]")
    expect(stdout).toContain("[ '127.0.0.1:8080 runs 1.1' ]")
  })
})

/** Runs a module as if it were a file of this package, on the sources. */
function runModule(
  source: string,
): Promise<{ stdout: string; stderr: string; code: number | null }> {
  return new Promise((resolve, reject) => {
    const args = ['--import', import.meta.resolve('tsx'), '--conditions', '@resumelb/source']
    const child = spawn(process.execPath, [...args, '--input-type=module'], {
      cwd: new URL('..', import.meta.url),
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    child.once('error', reject)
    const output = Promise.all([readAll(child.stdout), readAll(child.stderr)])
    child.once('close', (code) => {
      output.then(([stdout, stderr]) => resolve({ stdout, stderr, code }), reject)
    })
    child.stdin.end(source)
  })
}

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { defaultConnectionOptions } from '../src/options.ts'

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')

/** The first block of code of a kind. */
const block = (kind: string): string =>
  readme.match(new RegExp(`\`\`\`${kind}\n(.*?)\n\`\`\``, 's'))?.[1] ?? ''

test('the example of the README prints what it says', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'resumelb-readme-'))
  try {
    const file = join(folder, 'example.mts')
    const source = new URL('../src/index.ts', import.meta.url).href
    await writeFile(file, block('ts').replace('@resumelb/protocol', source))
    const loader = import.meta.resolve('tsx')
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', loader, file], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
    })
    expect(stdout.trimEnd().split('\n').sort()).toEqual(block('text').split('\n').sort())
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('the README lists the options with their defaults', () => {
  const rows = [...readme.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)]
  expect(Object.fromEntries(rows.map(([, name, value]) => [name, Number(value)]))).toEqual(
    defaultConnectionOptions,
  )
})

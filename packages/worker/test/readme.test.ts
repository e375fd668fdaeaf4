/** What the README says is so. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { loadApplication } from '../src/cli/load-application.ts'
import { unlimitedConcurrency } from '../src/index.ts'
import { serve } from './support/setup.ts'

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')

function section(title: string): string {
  const begin = readme.indexOf(`# ${title}\n`)
  return readme.slice(begin, readme.indexOf('\n#', begin + 1))
}

test('the README states the concurrency that a worker without a limit reports', () => {
  const stated = /reports (\d+) to load balancers/.exec(section('How many requests at once'))?.[1]
  expect(Number(stated)).toBe(unlimitedConcurrency)
})

const modules = [...section('What a module may export').matchAll(/```js\n(\/\/ (.*)\n[^`]+)```/g)]

test('the README shows modules', () => {
  expect(modules.length).toBe(5)
})

test.each(modules.map(([, code = '', what = '']) => [what, code]))(
  'the README’s module works: %s',
  async (_what, code) => {
    // Beside this file, so that it finds the frameworks.
    const folder = await mkdtemp(fileURLToPath(new URL('readme-', import.meta.url)))
    try {
      const path = join(folder, 'app.mjs')
      await writeFile(path, code)
      const { balancer } = await serve((await loadApplication(path)).handler)
      expect((await balancer.fetch()).text).toBe('hello')
    } finally {
      await rm(folder, { recursive: true })
    }
  },
)

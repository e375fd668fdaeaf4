/** The patterns of `npm test -- PATTERN`. */
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const script = new URL('../../scripts/lib/test-files.mjs', import.meta.url).href

interface TestFiles {
  filesOf(patterns: readonly string[]): string[]
}

/** The files of a pattern, from the root. */
async function filesOf(pattern: string): Promise<string[]> {
  const { filesOf: find } = (await import(script)) as TestFiles
  return find([pattern]).map((path) => relative(root, path))
}

test.each([
  ['packages/common/test/cli', 'packages/common/test/cli/import-module.test.ts'],
  ['common/test', 'packages/common/test/cli/import-module.test.ts'],
  ['./test/e2e/test-files', 'test/e2e/test-files.test.ts'],
  ['test-files', 'test/e2e/test-files.test.ts'],
  ['bench/test', 'bench/test/'],
  ['examples/search', 'examples/search/test/'],
])('%s is part of the paths of test files, from the root', async (pattern, path) => {
  const found = await filesOf(pattern)
  expect(found.some((file) => file.startsWith(path))).toBe(true)
  expect(found.every((file) => file.includes(pattern.replace('./', '')))).toBe(true)
})

test('a pattern of no file is left to Vitest', async () => {
  const { filesOf: find } = (await import(script)) as TestFiles
  expect(find(['test-files.test.ts:1'])).toEqual(['test-files.test.ts:1'])
})

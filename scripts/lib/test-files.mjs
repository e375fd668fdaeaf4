/** The test files of all packages. */
import { existsSync, readdirSync } from 'node:fs'
import { join, sep } from 'node:path'
import { root } from './run.mjs'

/** Folders with test files; `*` is any folder. They are those of `vitest.config.ts`. */
const folders = ['packages/*/test', 'examples/*/test', 'bench/test', 'test/e2e']

/**
 * For each pattern the paths of the test files whose path from the repository's root contains it.
 * A pattern of no file is left as it is: Vitest also takes `FILE:LINE`.
 */
export function filesOf(patterns) {
  const files = testFiles()
  return patterns.flatMap((pattern) => {
    const found = files.filter((file) => file.includes(pattern.replace(/^\.\//, '')))
    return found.length === 0 ? [pattern] : found.map((file) => join(root, file))
  })
}

/** Paths from the repository's root. */
function testFiles() {
  return folders.flatMap(expanded).flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `${folder}/${name.replaceAll(sep, '/')}`),
  )
}

function expanded(folder) {
  const [parent, rest] = folder.split('/*/')
  if (rest === undefined) return [folder]
  return readdirSync(join(root, parent))
    .map((name) => `${parent}/${name}/${rest}`)
    .filter((path) => existsSync(join(root, path)))
}

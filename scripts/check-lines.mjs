/** Checks that lines of pages are not too long (see the style in CONTRIBUTING.md). */
import { readFileSync } from 'node:fs'
import { runAlone } from './lib/alone.mjs'
import { pages } from './lib/pages.mjs'

/** Columns of a line. */
const most = 120

/** Tables and code are as long as they must be, and generated pages are hardly read as text. */
const free = /^(\s*\||\s{4})/
const generated = /^docs\/reference\//

/** Checks all pages; `record` is that of `npm test`. */
export function checkLines(record) {
  const found = pages()
    .filter((path) => !generated.test(path))
    .flatMap((path) => longLinesOf(readFileSync(path, 'utf8')).map((line) => `${path}:${line}`))
  record('length of lines in pages', { code: found.length, output: found.join('\n') })
}

/** Line numbers, and how long the lines are. */
function longLinesOf(text) {
  let isCode = false
  return text.split('\n').flatMap((line, index) => {
    if (line.trimStart().startsWith('```')) isCode = !isCode
    const length = [...line].length
    if (isCode || length <= most || free.test(line)) return []
    return [`${index + 1}: ${length} columns, expected at most ${most}`]
  })
}

runAlone(import.meta.url, checkLines)

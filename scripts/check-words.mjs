/** Checks pages, comments and titles of tests for words that a plainer one replaces (see the style in CONTRIBUTING.md). */
import { readdirSync, readFileSync } from 'node:fs'
import { runAlone } from './lib/alone.mjs'
import { packageFolders, pages } from './lib/pages.mjs'

/** Each with the better wording. */
const words = [
  [/\bnobody\b/i, 'no client, no worker, none: name who'],
  [/\bsomebody\b/i, 'a client, an operator: name who'],
  [/\bwhoever\b/i, 'anyone who, the process that: name who'],
  [/\bfor ever\b/i, 'forever, permanently, without limit'],
  [/\bstrangers?\b/i, 'an unidentified client, an untrusted peer'],
]

function sources() {
  return [...packageFolders(), 'test', 'bench', 'examples', 'scripts'].flatMap((folder) =>
    readdirSync(folder, { recursive: true })
      .filter((name) => /\.(?:tsx?|mjs|js)$/.test(name) && !foreign.test(name))
      .map((name) => `${folder}/${name}`),
  )
}

/** Written by others, or made by the build. */
const foreign = /(?:^|\/)(?:node_modules|dist)\//

/** Comments of their own lines only: a text may contain anything. */
const comment = /^\s*(?:\/\*\*?|\*|\/\/)\s/

/** The title of a test or of a group, in the line of the call, in one of its own, or in a table. */
const title = /^\s*(?:(?:test|describe)\b.*\(|rule: )?['"`]/

/** Checks all pages and comments, and the titles of tests; `record` is that of `npm test`. */
export function checkWords(record) {
  const found = [...pages(), ...sources()].flatMap((path) => {
    const isPage = path.endsWith('.md')
    const isTest = path.endsWith('.test.ts')
    return readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        isPage || comment.test(line) || (isTest && title.test(line))
          ? mistakesIn(line).map((text) => `${path}:${index + 1}: ${text}`)
          : [],
      )
  })
  record('words in pages, comments and titles', { code: found.length, output: found.join('\n') })
}

function mistakesIn(line) {
  return words.flatMap(([word, better]) => {
    const match = word.exec(line)
    return match ? [`"${match[0]}": ${better}`] : []
  })
}

runAlone(import.meta.url, checkWords)

/** Checks the documentation for words that a plainer one replaces (see the style in CONTRIBUTING.md). */
import { readdirSync, readFileSync } from 'node:fs'

/** Each with the better wording. */
const words = [
  [/\bnobody\b/i, 'no client, no worker, none: name who'],
  [/\bsomebody\b/i, 'a client, an operator: name who'],
  [/\bwhoever\b/i, 'anyone who, the process that: name who'],
  [/\bfor ever\b/i, 'forever, permanently, without limit'],
  [/\bstrangers?\b/i, 'an unidentified client, an untrusted peer'],
]

/** Where the documentation is; `node_modules` and the like are not looked through. */
const folders = ['docs', 'docs/decisions', 'bench', ...packageFolders()]

function packageFolders() {
  return readdirSync('packages').map((name) => `packages/${name}`)
}

/** Checks all pages; `record` is that of `npm test`. */
export function checkWords(record) {
  const files = ['.', ...folders].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  )
  const found = []
  for (const path of files) {
    for (const [index, line] of readFileSync(path, 'utf8').split('\n').entries()) {
      for (const [word, better] of words) {
        const match = word.exec(line)
        if (match) found.push(`${path}:${index + 1}: "${match[0]}": ${better}`)
      }
    }
  }
  record('words in the documentation', { code: found.length, output: found.join('\n') })
}

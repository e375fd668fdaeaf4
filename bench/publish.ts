/**
 * Puts results into the documentation: into bench/README.md, the rows that quote them, and
 * docs/images. Says which sentences are about them and must be read anew.
 *
 *     npx tsx --conditions=@resumelb/source bench/publish.ts --results affinity models
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { endWith, readOptions } from './command-line.ts'
import { quotesOf } from './publish/quotes.ts'
import { asSection, replaceRow, replaceSection } from './publish/text.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

const benchmark = {
  name: 'publish',
  call: 'npx tsx --conditions=@resumelb/source bench/publish.ts',
  description: 'Puts results of npm run compare and npm run simulate into the documentation.',
  options: {
    results: {
      type: 'string',
      array: true,
      demandOption: true,
      choices: ['affinity', 'isolation', 'models', 'simulation'],
      describe: 'What to publish',
    },
    from: {
      type: 'string',
      default: join(root, 'bench/results'),
      defaultDescription: 'bench/results',
      describe: 'Folder with their JSON files and charts',
    },
  },
} as const

const { results, from } = await readOptions(benchmark)
try {
  for (const name of results) publish(name)
} catch (error) {
  endWith(benchmark, error)
}

function publish(name: string): void {
  const outcome: unknown = JSON.parse(readFileSync(join(from, `${name}.json`), 'utf8'))
  const { report, rows, charts, sentences } = quotesOf(name, outcome)
  if (report !== undefined) {
    edit('bench/README.md', (text) => replaceSection(text, name, asSection(report)))
  }
  for (const [file, ...cells] of rows) edit(file, (text) => replaceRow(text, cells))
  for (const chart of charts) {
    copyFileSync(join(from, `${chart}.svg`), join(root, 'docs/images', `${chart}.svg`))
  }
  for (const place of sentences) console.log(`Read: ${place}`)
}

function edit(file: string, change: (text: string) => string): void {
  const path = join(root, file)
  try {
    writeFileSync(path, change(readFileSync(path, 'utf8')))
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`)
  }
}

/** Writes the generated pages of docs/reference: `npm run reference`; a test says when that is due. */
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { jsonPage } from './reference/json-page.ts'
import { logCallsOf } from './reference/log-calls.ts'
import { logMessagesPage, logMistakes } from './reference/log-messages-page.ts'
import { metricsPage } from './reference/metrics-page.ts'
import { optionsPage } from './reference/options-page.ts'
import { readSourceCode, root } from './reference/source-code.ts'

export const folder: string = `${root}docs/reference/`

export interface Reference {
  /** The pages, by the names of their files in {@link folder}. */
  readonly pages: ReadonlyMap<string, string>
  /** Log messages without a meaning, and meanings without a message: one sentence for each. */
  readonly mistakes: readonly string[]
}

export function reference(): Reference {
  return readSourceCode((code) => {
    const calls = logCallsOf(code)
    const pages = {
      'options.md': optionsPage(),
      'log-messages.md': logMessagesPage(calls),
      'json.md': jsonPage(code),
      'metrics.md': metricsPage(),
    }
    const texts = Object.entries(pages).map(([name, text]) => [name, `${text}\n`] as const)
    return { pages: new Map(texts), mistakes: logMistakes(calls) }
  })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { pages, mistakes } = reference()
  for (const [name, text] of pages) writeFileSync(`${folder}${name}`, text)
  for (const mistake of mistakes) console.error(mistake)
  process.exitCode = mistakes.length === 0 ? 0 : 1
}

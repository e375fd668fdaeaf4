/** Runs commands with mistaken words: each mistake is one line, and has its exit code. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { failureOf } from '@resumelb/common/cli'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** Words, the exit code, and what the message says. In a word, `@NAME` is the path of a file. */
export type Mistake = readonly [words: readonly string[], code: number, ...says: string[]]

export type Command = (words: readonly string[]) => Promise<number>

/** Files that both packages try as modules; `folder.mjs` is a folder. */
const modules: Readonly<Record<string, string>> = {
  'missing.mjs': 'import "no-such-package"\n',
  'throws.mjs': '\nnull.x\n',
  'data.json': '{}',
}

/** A test for each mistake of each command. `files` are texts by name. */
export function describeMistakes(
  files: Readonly<Record<string, string>>,
  tables: readonly (readonly [name: string, Command, readonly Mistake[]])[],
): void {
  let folder = ''

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'resumelb-mistakes-'))
    mkdirSync(join(folder, 'folder.mjs'))
    for (const [name, text] of Object.entries({ ...modules, ...files })) {
      writeFileSync(join(folder, name), text)
    }
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  describe.each(tables)('%s', (_name, command, table) => {
    test.each(table.map((row) => ({ row })))('$row', async ({ row: [words, code, ...says] }) => {
      const error = await command(words.map((word) => word.replace('@', `${folder}/`))).then(
        (exitCode) => new Error(`it ran, and ended with ${exitCode}`),
        (reason: unknown) => reason,
      )
      const { message, ...found } = failureOf(error)
      for (const text of says) expect(message).toContain(text)
      expect(message).not.toContain('\n')
      expect(found.code).toBe(code)
    })
  })
}

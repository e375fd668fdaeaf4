import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { helpWidth } from '../../packages/common/src/cli/parser.ts'
import { commands, optionsPage } from '../../scripts/reference/options-page.ts'
import { folder, reference } from '../../scripts/reference.ts'

const { pages, mistakes } = reference()

test('every log message has a meaning in scripts/reference/log-meanings.ts', () => {
  expect(mistakes).toEqual([])
})

test.each([...pages])('docs/reference/%s is what `npm run reference` writes', (name, text) => {
  expect(readFileSync(`${folder}${name}`, 'utf8')).toBe(text)
})

test('docs/reference.md links to all pages', () => {
  const index = readFileSync(`${folder.replace(/\/$/, '')}.md`, 'utf8')
  for (const name of readdirSync(folder)) expect(index).toContain(`(reference/${name})`)
})

test('docs/reference/signals.md has the exit status of every command', () => {
  const page = readFileSync(`${folder}signals.md`, 'utf8')
  for (const { name } of commands) expect(page).toMatch(new RegExp(`^\\| [^|]*\`${name}\``, 'm'))
})

test('docs/reference/files.md names every option that is a path', () => {
  const page = readFileSync(`${folder}files.md`, 'utf8')
  const paths = [...optionsPage().matchAll(/`(--[\w-]+)` \| [^|]*(?:path of|FILE)/g)]
  expect(paths.length).toBeGreaterThan(15)
  for (const [, option = ''] of paths) expect(page).toContain(option)
})

test.each(commands)('$name --help has no line that is too long', (syntax) => {
  const lines = [syntax.description.split('\n'), syntax.epilogue].flat()
  expect(lines.filter((line) => line.length > helpWidth)).toEqual([])
})

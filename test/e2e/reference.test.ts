import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { helpWidth } from '../../packages/common/src/cli/parser.ts'
import { commands, reference, referenceFile } from '../../scripts/reference.ts'

test('docs/reference.md is what `npm run reference` writes', () => {
  expect(readFileSync(referenceFile, 'utf8')).toBe(reference())
})

test.each(commands)('$name --help has no line that is too long', (syntax) => {
  const lines = [syntax.description.split('\n'), syntax.epilogue].flat()
  expect(lines.filter((line) => line.length > helpWidth)).toEqual([])
})

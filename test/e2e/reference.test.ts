import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { reference, referenceFile } from '../../scripts/reference.ts'

test('docs/reference.md is what `npm run reference` writes', () => {
  expect(readFileSync(referenceFile, 'utf8')).toBe(reference())
})

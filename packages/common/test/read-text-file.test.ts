import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { OptionError } from '../src/errors.ts'
import { readTextFile } from '../src/read-text-file.ts'

test('readTextFile reads a file, and names the option of one that cannot be read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'resumelb-read-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'file')
  const read = () => readTextFile(path, '--some-file')
  expect(read).toThrow(OptionError)
  expect(read).toThrow(`Expected --some-file to be a file that can be read, got '${path}' (ENOENT`)
  await writeFile(path, 'text ü\n')
  expect(read()).toBe('text ü\n')
})

import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
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

test('readTextFile refuses a file that is too long, and the message is short', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'resumelb-read-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'file')
  await writeFile(path, '')
  await truncate(path, 16 * 1024 * 1024)
  expect(readTextFile(path, '--some-file')).toHaveLength(16 * 1024 * 1024)
  await truncate(path, 16 * 1024 * 1024 + 1)
  expect(() => readTextFile(path, '--some-file')).toThrow('it has more than 16777216 bytes')
  expect(() => readTextFile('/dev/zero', '--some-file')).toThrow('it has more than')
  const { message } = new OptionError('--option', 'short', 'x'.repeat(1_000_000))
  expect(message.length).toBeLessThan(600)
})

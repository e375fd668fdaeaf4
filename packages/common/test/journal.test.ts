import { closeSync, fstatSync, openSync } from 'node:fs'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { isJournal, withPriority } from '../src/journal.ts'
import { logOptions } from '../src/log-levels.ts'

test('knows the journal by the device and inode that systemd names', () => {
  const descriptor = openSync('/dev/null', 'w')
  onTestFinished(() => closeSync(descriptor))
  const { dev, ino } = fstatSync(descriptor)
  expect(isJournal(descriptor, {})).toBe(false)
  expect(isJournal(descriptor, { JOURNAL_STREAM: `${dev}:${ino}` })).toBe(true)
  expect(isJournal(descriptor, { JOURNAL_STREAM: `${dev}:${ino + 1}` })).toBe(false)
})

test.each([
  ['fatal', 2],
  ['error', 3],
  ['warn', 4],
  ['info', 6],
  ['debug', 7],
] as const)('marks lines of the level %s with priority %i', (level, priority) => {
  const lines: string[] = []
  const log = pino(logOptions('trace'), withPriority({ write: (line) => lines.push(line) }))
  log[level]({ a: 1 }, 'text')
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(new RegExp(`^<${priority}>{"level":"${level}",.*"msg":"text"}\n$`))
})

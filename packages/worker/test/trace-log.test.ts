import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { TraceLog } from '../src/trace-log.ts'
import { until } from './support/setup.ts'

const at = '2026-11-21T10:00:00.000Z'

function fail(error: Error): void {
  throw error
}

function setUp() {
  let text = ''
  const file = {
    write: (line: string) => {
      text += line
    },
    end: () => {
      text += 'ended'
    },
  }
  const log = new TraceLog(file, () => new Date(at))
  return { log, lines: () => text.split('\n') }
}

test('a line has a code, an id, the time and details', () => {
  const { log, lines } = setUp()
  log.write('B', 'lb1-17', 'GET /a?b')
  log.write('I', 'lb1-17', 0)
  log.write('C', 'lb1-17')
  expect(lines()).toEqual([
    `S 0 ${at}`,
    `B lb1-17 ${at} GET /a?b`,
    `I lb1-17 ${at} 0`,
    `C lb1-17 ${at}`,
    '',
  ])
})

test('the application has a code of its own, or a dash', () => {
  const { log, lines } = setUp()
  log.note('lb1-17', '42 rows')
  log.note('lb1-17', 'SELECT', 'D')
  expect(lines().slice(1, 3)).toEqual([`- lb1-17 ${at} 42 rows`, `D lb1-17 ${at} SELECT`])
})

test('line ends in details cannot forge a record', () => {
  const { log, lines } = setUp()
  log.note('lb1-17', 'a\r\nE lb1-17\n')
  expect(lines()[1]).toBe(`- lb1-17 ${at} a E lb1-17`)
})

test('the end of the process is the last line', () => {
  const { log, lines } = setUp()
  log.close()
  expect(lines().slice(1)).toEqual([`X 0 ${at}`, 'ended'])
})

test('a file is appended to', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'resumelb-trace-'))
  const path = join(folder, 'trace.log')
  await writeFile(path, 'before\n')
  TraceLog.open(path, fail).close()
  let text = ''
  await until(() => {
    void readFile(path, 'utf8').then((read) => {
      text = read
    })
    return text.includes('\nX 0')
  })
  expect(text).toMatch(/^before\nS 0 \S+\nX 0 \S+\n$/)
  await rm(folder, { recursive: true })
})

test('a file that cannot be opened is an error', () => {
  expect(() => TraceLog.open(join(tmpdir(), 'no', 'such', 'trace'), fail)).toThrow('ENOENT')
})

test.runIf(existsSync('/dev/full'))('a full disk is reported, and ends nothing', async () => {
  const errors: Error[] = []
  const log = TraceLog.open('/dev/full', (error) => errors.push(error))
  for (let i = 0; i < 200; i++) log.write('B', 'lb1-17', 'GET /some/path')
  await until(() => errors.length > 0)
  expect(errors[0]?.message).toContain('ENOSPC')
})

import { describe, expect, test } from 'vitest'
import type { Status, WorkerRow } from '../../../src/admin/status.ts'
import { judge } from '../../../src/cli/status/nagios-check.ts'

const now = 1_000

/** A status of workers with these backlogs, whose oldest request has this age. */
function statusOf(backlogs: readonly number[], age?: number): Status {
  const workers = backlogs.map(
    (backlog, i): WorkerRow => [`w${i}`, backlog, backlog, age === undefined ? null : now - age],
  )
  const backlog = backlogs.reduce((sum, one) => sum + one, 0)
  return { backlog, mean_backlog: backlog / 3, workers, workers_ex: [] }
}

/** Judges with thresholds as on the original's command line: `-b3 -B9`. */
function check(status: Status, line: string, showsMetrics = false) {
  const limit = (letter: string) => {
    const text = line
      .split(' ')
      .find((word) => word.startsWith(`-${letter}`))
      ?.slice(2)
    return text === undefined ? undefined : Number(text)
  }
  const both = (warn: string, error: string) => ({ warn: limit(warn), error: limit(error) })
  const { code, text } = judge(
    status,
    {
      meanBacklog: both('b', 'B'),
      maxBacklog: both('x', 'X'),
      requestAge: both('a', 'A'),
      workers: both('w', 'W'),
    },
    { now, showsMetrics },
  )
  return `${code} ${text}`
}

const usual = '-b3 -B9 -x9 -X19 -a1 -A2 -w2 -W1'

describe('rlb-nagios', () => {
  test.each([
    ['all is well without requests', [0, 0, 0], undefined, usual, '0 OK 3 0 0 -'],
    ['and with few', [0, 1, 0], 0.3, usual, '0 OK 3 0.33 1 0'],
    ['a high mean is a warning', [3, 3, 3], 0.9, usual, '1 mean backlog high (3)'],
    [
      'what is wrong is listed',
      [18, 0, 0],
      1.8,
      usual,
      '1 mean backlog high (6) max backlog high (18) max age too high (1.8)',
    ],
    [
      'the worst of it counts',
      [28, 0, 0],
      2.8,
      '-b333 -B99 -x9 -X19 -a1 -A22',
      '2 max backlog high (28) max age too high (2.8)',
    ],
    [
      'as many workers as the limit are too few',
      [0, 0, 0],
      undefined,
      '-w3 -W1',
      '1 too few workers (3)',
    ],
    ['also for an error', [0, 0, 0], undefined, '-w8 -W3', '2 too few workers (3)'],
    [
      'no workers are critical, whatever the limits',
      [],
      undefined,
      '-b3',
      '2 no workers are connected',
    ],
  ] as const)('decides as zc.resumelb does: %s', (_rule, backlogs, age, line, expected) => {
    expect(check(statusOf(backlogs, age), line)).toBe(expected)
  })

  test('adds performance data if asked to', () => {
    expect(check(statusOf([28, 0, 0], 2.8), '-w8 -W3', true)).toBe(
      '2 too few workers (3)|workers=3 mean_backlog=9.33 max_backlog=28 max_age=2.8seconds',
    )
    expect(check(statusOf([]), '', true)).toBe(
      '2 no workers are connected|workers=0 mean_backlog=0 max_backlog=0 max_age=-1.0seconds',
    )
  })
})

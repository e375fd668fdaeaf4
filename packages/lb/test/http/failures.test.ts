import { describe, expect, test } from 'vitest'
import { type FailureName, failures } from '../../src/http/failures.ts'

describe('failures', () => {
  const rows: [name: FailureName, status: number, retryAfter: boolean][] = [
    ['BAD_BODY', 400, false],
    ['BAD_FRAMING', 400, false],
    ['BAD_HOST', 400, false],
    ['BAD_REQUEST', 400, false],
    ['BAD_TARGET', 400, false],
    ['TWO_HOSTS', 400, false],
    ['HEAD_LATE', 408, false],
    ['TARGET_TOO_LONG', 414, false],
    ['BAD_EXPECTATION', 417, false],
    ['HEAD_TOO_LONG', 431, false],
    ['UNKNOWN_CODING', 501, false],
    ['UNKNOWN_METHOD', 501, false],
    ['BAD_VERSION', 505, false],
    ['CLIENT_SILENT', 408, false],
    ['ABORTED', 444, false],
    ['CLIENT_LEFT', 499, false],
    ['BAD_UPGRADE', 501, false],
    ['WORKER_LOST', 502, false],
    ['WORKER_BROKE', 502, false],
    ['NO_WORKER', 503, true],
    ['ROOM_FULL', 503, true],
    ['REFUSED', 503, true],
    ['CLOSING', 503, true],
    ['CUT_OFF', 503, false],
    ['TOO_LATE', 504, false],
  ]

  test.each(rows)('%s is a %i, with Retry-After: %s', (name, status, retryAfter) => {
    expect(failures[name]).toMatchObject({ status, retryAfter })
  })

  test('has no other rows', () => {
    expect(Object.keys(failures).sort()).toEqual(rows.map(([name]) => name).sort())
  })
})

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type FailureName, failures } from '../../src/http/failures.ts'

const page = readFileSync(new URL('../../../../docs/http.md', import.meta.url), 'utf8')

describe('failures', () => {
  const rows: [name: FailureName, status: number, retryAfter: boolean][] = [
    ['BAD_BODY', 400, false],
    ['BAD_FRAMES', 400, false],
    ['BAD_FRAMING', 400, false],
    ['BAD_HANDSHAKE', 400, false],
    ['BAD_HOST', 400, false],
    ['BAD_REQUEST', 400, false],
    ['BAD_TARGET', 400, false],
    ['DUPLICATE_HOST', 400, false],
    ['HEADERS_TIMEOUT', 408, false],
    ['URI_TOO_LONG', 414, false],
    ['UNSUPPORTED_EXPECTATION', 417, false],
    ['CLASS_LIMIT', 429, true],
    ['CLASS_SUSPENDED', 503, true],
    ['TOO_MANY_RESETS', 429, false],
    ['HEADERS_TOO_LARGE', 431, false],
    ['UNSUPPORTED_CODING', 501, false],
    ['UNSUPPORTED_METHOD', 501, false],
    ['UNSUPPORTED_VERSION', 505, false],
    ['CLIENT_TIMEOUT', 408, false],
    ['CLOSED_BY_APPLICATION', 444, false],
    ['CLIENT_DISCONNECTED', 499, false],
    ['UNSUPPORTED_UPGRADE', 501, false],
    ['CONNECT_NOT_ALLOWED', 405, false],
    ['TUNNEL_TIMEOUT', 101, false],
    ['WORKER_LOST', 502, false],
    ['WORKER_LOST_TWICE', 502, false],
    ['INVALID_RESPONSE', 502, false],
    ['NO_WORKER', 503, true],
    ['QUEUE_FULL', 503, true],
    ['REFUSED', 503, true],
    ['SHUTTING_DOWN', 503, true],
    ['DRAIN_TIMEOUT', 503, false],
    ['RESPONSE_TIMEOUT', 504, false],
  ]

  test.each(rows)('%s is a %i, with Retry-After: %s', (name, status, retryAfter) => {
    expect(failures[name]).toMatchObject({ status, retryAfter })
  })

  test.each(rows)('%s has a row in docs/http.md, with its status', (name, status) => {
    expect(page.match(new RegExp(`^\\| ${status} \\| \`${name}\` \\| .`, 'gm'))).toHaveLength(1)
  })

  test('has no other rows', () => {
    expect(Object.keys(failures).sort()).toEqual(rows.map(([name]) => name).sort())
  })
})

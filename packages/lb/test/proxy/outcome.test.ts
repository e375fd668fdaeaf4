import { describe, expect, test } from 'vitest'
import { isWorkerFailure, outcomeOf } from '../../src/proxy/outcome.ts'

describe('isWorkerFailure', () => {
  test('is what a 5xx indicates, unless it is about the request', () => {
    const statuses = [200, 404, 499, 500, 501, 502, 503, 504, 505, 599]
    expect(statuses.filter(isWorkerFailure)).toEqual([500, 502, 503, 504, 599])
  })
})

test('an outcome has what the worker reports', () => {
  const report = {
    seconds: 1,
    others: { requests: 0, seconds: 0 },
    skill: { score: 1, seconds: 1, count: 1, rate: 1, fixed: 0, perUnit: 1 },
    depth: 3,
  }
  expect(outcomeOf('served', report)).toEqual({ result: 'served', ...report })
  expect(outcomeOf('failed', undefined)).toEqual({ result: 'failed' })
})

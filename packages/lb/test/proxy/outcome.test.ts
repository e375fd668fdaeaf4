import { describe, expect, test } from 'vitest'
import { isWorkerFailure } from '../../src/proxy/outcome.ts'

describe('isWorkerFailure', () => {
  test('is what a 5xx indicates, unless it is about the request', () => {
    const statuses = [200, 404, 499, 500, 501, 502, 503, 504, 505, 599]
    expect(statuses.filter(isWorkerFailure)).toEqual([500, 502, 503, 504, 599])
  })
})

import { expect, test } from 'vitest'
import { maxConcurrentStreams, sessionOptions } from '../../../src/listener/h2/session-settings.ts'

test('bodies that are not read take less than 8 MiB of a connection', () => {
  const { initialWindowSize = Number.POSITIVE_INFINITY } = sessionOptions(16_384).settings ?? {}
  expect(initialWindowSize * maxConcurrentStreams).toBeLessThan(8 * 1024 * 1024)
})

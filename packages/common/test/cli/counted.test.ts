import { expect, test } from 'vitest'
import { counted } from '../../src/cli/counted.ts'

test.each([
  [0, '0 classes'],
  [1, '1 class'],
  [2, '2 classes'],
])('%d is counted as "%s"', (count, text) => {
  expect(counted(count, 'class', 'classes')).toBe(text)
})

test('the plural of most nouns has an s', () => {
  expect([counted(1, 'worker'), counted(3, 'worker')]).toEqual(['1 worker', '3 workers'])
})

import { expect, test } from 'vitest'
import { warmDepth } from '../src/warm-field.ts'

test.each([
  ['0', 0],
  ['3', 3],
  ['99', 8],
  ['1024/4096', 2],
  ['9/3', 8],
])('%j of a chain of 8 links is a depth of %d', (value, depth) => {
  expect(warmDepth(value, 8)).toBe(depth)
})

test.each(['', '-1', '1.5', '1/0', '1/', 'all', '1 ', '9'.repeat(16)])(
  '%j is no depth',
  (value) => {
    expect(warmDepth(value, 8)).toBeUndefined()
  },
)

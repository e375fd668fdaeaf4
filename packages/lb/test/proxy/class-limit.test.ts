import { expect, test } from 'vitest'
import { ClassLimit } from '../../src/proxy/class-limit.ts'

test('a class has at most so many requests in progress', () => {
  const limit = new ClassLimit({ classLimit: 2 })
  expect([limit.begin('a'), limit.begin('a'), limit.allows('a')]).toEqual([true, true, false])
  expect(limit.allows('b')).toBe(true)
  limit.end('a')
  expect(limit.allows('a')).toBe(true)
})

test('nothing is counted without a limit, and what has begun then counts for none', () => {
  const options = { classLimit: 0 }
  const limit = new ClassLimit(options)
  expect([limit.allows('a'), limit.begin('a')]).toEqual([true, false])
  options.classLimit = 1
  expect([limit.allows('a'), limit.begin('a'), limit.allows('a')]).toEqual([true, true, false])
  options.classLimit = 0
  expect(limit.allows('a')).toBe(true)
})

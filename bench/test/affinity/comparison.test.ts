import { expect, test } from 'vitest'
import { referenceAmong } from '../../affinity/comparison.ts'

const named = (...names: readonly string[]) => names.map((name) => ({ name }))

test('rates are parts of what the default pool serves, if need be with warm-up', () => {
  const ours = named('haproxy hash', 'resumelb warm', 'resumelb cost')
  expect(referenceAmong(ours)).toBe('resumelb cost')
  expect(referenceAmong(ours.slice(0, 2))).toBe('resumelb warm')
  expect(referenceAmong(ours.slice(0, 1))).toBeUndefined()
})

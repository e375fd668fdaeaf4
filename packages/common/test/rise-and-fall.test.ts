import { expect, test } from 'vitest'
import { RiseAndFall } from '../src/rise-and-fall.ts'

test('the first result decides, and each change needs as many in a row as it says', () => {
  const health = new RiseAndFall({ rise: 2, fall: 3 })
  expect(health.isHealthy).toBeUndefined()
  const results = [true, false, false, true, false, false, false, true, false, true, true]
  const states = results.map((isGood) => [health.take(isGood), health.isHealthy])
  expect(states.map(([, isHealthy]) => (isHealthy ? 1 : 0)).join('')).toBe('11111100001')
  expect(states.map(([hasChanged]) => (hasChanged ? 1 : 0)).join('')).toBe('10000010001')
})

import { afterEach, expect, test, vi } from 'vitest'
import { oncePerSecond } from '../src/once-per-second.ts'

afterEach(() => {
  vi.useRealTimers()
})

test('text is made anew when the second is another', () => {
  vi.useFakeTimers({ now: 5_000 })
  let made = 0
  const text = oncePerSecond((now) => `${now.getTime()} ${++made}`)
  expect([text(), text()]).toEqual(['5000 1', '5000 1'])
  vi.setSystemTime(5_999)
  expect(text()).toBe('5000 1')
  vi.setSystemTime(6_001)
  expect(text()).toBe('6001 2')
})

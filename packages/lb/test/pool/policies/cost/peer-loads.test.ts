import { expect, test } from 'vitest'
import { PeerLoads } from '../../../../src/pool/policies/cost/peer-loads.ts'

/** A worker that speaks every 50 ms, of much work and of none in turn, the last time of `last`. */
function setUp(last: number) {
  const others = new PeerLoads()
  others.reset(3, 0)
  for (let i = 1; i <= 100; i++) {
    const requests = i === 100 ? last : (i % 2) * 4
    others.set(3, { requests, seconds: requests * 0.01 }, i * 0.05)
  }
  return {
    seconds: (now: number, concurrency: number) => others.seconds(3, now, concurrency),
    requests: (now: number, concurrency: number) => others.requests(3, now, concurrency),
  }
}

test('nothing is in progress before a worker has spoken', () => {
  const others = new PeerLoads()
  others.reset(0, 0)
  expect(others.seconds(0, 1, 1)).toBe(0)
})

test('a worker is taken at its word when it speaks', () => {
  expect(setUp(4).seconds(5, 1)).toBeCloseTo(0.04)
  expect(setUp(4).requests(5, 1)).toBeCloseTo(4)
  expect(setUp(0).seconds(5, 1)).toBeCloseTo(0)
})

test('soon after, what usually is in progress is more likely than its last word', () => {
  expect(setUp(4).seconds(5.5, 1)).toBeLessThan(0.02)
  expect(setUp(0).seconds(5.5, 1)).toBeGreaterThan(0.01)
})

test('the more slots, the sooner that is', () => {
  expect(setUp(4).seconds(5.05, 4)).toBeLessThan(setUp(4).seconds(5.05, 1))
})

test('what is not reported again decays', () => {
  expect(setUp(4).seconds(15, 1)).toBeLessThan(0.001)
})

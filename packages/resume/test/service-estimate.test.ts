import { expect, test } from 'vitest'
import { ServiceEstimate } from '../src/service-estimate.ts'

/** Requests of 10 ms each, of which every second one waits. Returns the last service time. */
function measure(estimate: ServiceEstimate, wait: number, requests = 400): number {
  let service = 0
  for (let i = 0; i < requests; i++) {
    service = estimate.service('a', 0.01 + (i % 2) * wait, i / 100)
  }
  return service
}

test('without others, all of the time is service', () => {
  const estimate = new ServiceEstimate()
  expect(measure(estimate, 0)).toBe(0.01)
  expect(estimate.others(4)).toEqual({ requests: 0, seconds: 0 })
})

test('what requests take longer than the shortest of their class is the work of others', () => {
  const estimate = new ServiceEstimate()
  expect(measure(estimate, 0.02)).toBeLessThan(0.025)
  const { requests, seconds } = estimate.others(1)
  expect(seconds).toBeGreaterThan(0.008)
  expect(seconds).toBeLessThan(0.012)
  expect(requests).toBeGreaterThan(0.5)
  expect(estimate.others(4).seconds).toBeCloseTo(4 * seconds)
})

test('takes requests below the resolution of the clock for no infinite number of others', () => {
  const estimate = new ServiceEstimate()
  estimate.service('a', 0, 0)
  estimate.service('a', 0.001, 1)
  expect(estimate.others(1).requests).toBeLessThan(Number.POSITIVE_INFINITY)
})

test('does not take all time for waiting because one request took none', () => {
  const estimate = new ServiceEstimate()
  estimate.service('a', 0, 0)
  expect(measure(estimate, 0, 1000)).toBeCloseTo(0.01)
  expect(estimate.others(1).seconds).toBeLessThan(0.001)
})

test('forgets a wait that is over', () => {
  const estimate = new ServiceEstimate()
  measure(estimate, 0.02)
  for (let i = 0; i < 800; i++) estimate.service('a', 0.01, 4 + i / 100)
  expect(estimate.others(1).seconds).toBeLessThan(0.001)
})

test('a first request of a class is no wait, and a class is remembered while it is used', () => {
  const estimate = new ServiceEstimate(2)
  measure(estimate, 0)
  estimate.service('b', 1, 4)
  expect(estimate.others(1).seconds).toBe(0)
  for (const requestClass of ['c', 'd', 'e', 'f']) estimate.service(requestClass, 1, 4)
  // Forgotten: it is as if this were its first.
  estimate.service('a', 1, 4)
  expect(estimate.others(1).seconds).toBe(0)
})

test('takes a request that hung for no hour of waiting', () => {
  const estimate = new ServiceEstimate()
  measure(estimate, 0)
  estimate.service('a', 3_600, 10)
  expect(estimate.others(1).seconds).toBeLessThan(3)
})

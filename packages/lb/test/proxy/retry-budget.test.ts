import { describe, expect, test } from 'vitest'
import { RetryBudget } from '../../src/proxy/retry-budget.ts'

function takeAll(budget: RetryBudget, now: number, inProgress = 0): number {
  let taken = 0
  while (taken < 10_000 && budget.take(now, inProgress)) taken++
  return taken
}

function budgetAfter(requests: number, now = 0): RetryBudget {
  const budget = new RetryBudget({ retryRatio: 0.2, minRetries: 3 })
  for (let count = 0; count < requests; count++) budget.countRequest(now)
  return budget
}

describe('RetryBudget', () => {
  test('allows a few retries however few requests there are', () => {
    expect(takeAll(budgetAfter(0), 0)).toBe(3)
    expect(takeAll(budgetAfter(10), 0)).toBe(3)
  })

  test('allows a fifth of the requests of the last seconds', () => {
    expect(takeAll(budgetAfter(1000), 0)).toBe(200)
  })

  test('counts requests that have been in progress for long', () => {
    expect(takeAll(budgetAfter(10), 100, 500)).toBe(100)
  })

  test('remembers for ten seconds at most, requests as well as retries', () => {
    const budget = budgetAfter(1000)
    takeAll(budget, 0)
    expect(budget.take(6, 0)).toBe(false)
    expect(takeAll(budget, 20)).toBe(3)
  })
})

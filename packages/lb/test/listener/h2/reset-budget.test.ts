import { describe, expect, test } from 'vitest'
import { ResetBudget } from '../../../src/listener/h2/reset-budget.ts'

describe('ResetBudget', () => {
  test('allows as many as a browser has open, and more with time', () => {
    const budget = new ResetBudget(0)
    let taken = 0
    while (budget.take(0)) taken++
    expect(taken).toBe(200)
    expect(budget.take(40)).toBe(false)
    expect(budget.take(100)).toBe(true)
    expect(budget.take(100)).toBe(true)
    expect(budget.take(100)).toBe(false)
  })

  test('saves up no more than that', () => {
    const budget = new ResetBudget(0)
    let taken = 0
    while (budget.take(1_000_000)) taken++
    expect(taken).toBe(200)
  })
})

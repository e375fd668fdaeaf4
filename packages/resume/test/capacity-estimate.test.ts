import { describe, expect, test } from 'vitest'
import { CapacityEstimate } from '../src/capacity-estimate.ts'

describe('CapacityEstimate', () => {
  test('is infinite until something is lost', () => {
    const estimate = new CapacityEstimate(1000)
    for (let i = 0; i < 100; i++) estimate.learn([500], (depth) => 1 - depth)
    expect(estimate.capacity).toBe(Number.POSITIVE_INFINITY)
  })

  test('lies between what was warm and what was not', () => {
    const estimate = new CapacityEstimate(10_000)
    for (let i = 0; i < 50; i++) {
      estimate.learn([300], (depth) => 1 - depth)
      estimate.learn([400], (depth) => depth)
    }
    expect(estimate.capacity).toBeGreaterThanOrEqual(300)
    expect(estimate.capacity).toBeLessThan(400)
  })

  test('is 0 if nothing is ever warm', () => {
    const estimate = new CapacityEstimate(100)
    for (let i = 0; i < 50; i++) estimate.learn([1], (depth) => depth)
    expect(estimate.capacity).toBe(0)
  })

  test('judges by where a chain was cut', () => {
    const estimate = new CapacityEstimate(10_000)
    const depths = (depth: number) => Math.abs(depth - 2) / 3
    for (let i = 0; i < 50; i++) estimate.learn([10, 200, 3000], depths)
    expect(estimate.capacity).toBeGreaterThanOrEqual(200)
    expect(estimate.capacity).toBeLessThan(3000)
  })

  test('follows most observations, not the mean of all', () => {
    const estimate = new CapacityEstimate(1000)
    for (let i = 0; i < 300; i++)
      estimate.learn([100], (depth) => (i % 3 === 0 ? depth : 1 - depth))
    expect(estimate.capacity).toBe(Number.POSITIVE_INFINITY)
  })

  test('follows an application that keeps more than before', () => {
    const estimate = new CapacityEstimate(1000)
    for (let i = 0; i < 300; i++) estimate.learn([100], (depth) => depth)
    expect(estimate.capacity).toBeLessThan(100)
    for (let i = 0; i < 600; i++) estimate.learn([100], (depth) => 1 - depth)
    expect(estimate.capacity).toBe(Number.POSITIVE_INFINITY)
  })

  test('keeps what it has learned under another limit', () => {
    const estimate = new CapacityEstimate(1000)
    for (let i = 0; i < 50; i++) estimate.learn([100], (depth) => depth)
    estimate.limit = 2000
    expect(estimate.capacity).toBeLessThanOrEqual(100)
    expect(estimate.capacity).toBeGreaterThan(80)
    estimate.limit = 10
    expect(estimate.capacity).toBe(Number.POSITIVE_INFINITY)
  })
})

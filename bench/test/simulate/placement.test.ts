import { expect, test } from 'vitest'
import { planHomes } from '../../simulate/placement.ts'

test('every class has a home, no cache holds more than it can, and work is even', () => {
  const demands = Array.from({ length: 40 }, (_, i) => 1 / (i + 4))
  const homes = planHomes(demands, [1, 1, 1, 1], 12, [])
  expect(homes.every((list) => list.length > 0)).toBe(true)
  const loads = [0, 0, 0, 0]
  const held = [0, 0, 0, 0]
  for (const [classIndex, list] of homes.entries()) {
    for (const i of list) {
      loads[i]! += demands[classIndex]! / list.length
      held[i]!++
    }
  }
  expect(Math.max(...held)).toBeLessThanOrEqual(12)
  expect(Math.max(...loads) / Math.min(...loads)).toBeLessThan(1.3)
})

test('a class that needs several workers gets them', () => {
  const [hot] = planHomes([5, 1, 1, 1], [1, 1, 1, 1], 4, [])
  expect(hot!.length).toBeGreaterThanOrEqual(3)
})

test('classes stay where they are when a worker joins', () => {
  const demands = new Array(12).fill(1)
  const before = planHomes(demands, [1, 1, 1], 4, [])
  const after = planHomes(demands, [1, 1, 1, 1], 4, before)
  const stayed = after.filter((list, i) => list.includes(before[i]![0]!))
  expect(stayed.length).toBeGreaterThanOrEqual(8)
})

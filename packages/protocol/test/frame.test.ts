import { describe, expect, test } from 'vitest'
import { frameTypes, lastFrameType, maxPayloadLength } from '../src/frame.ts'

describe('frames', () => {
  test('have types without gaps, so that a range check is enough', () => {
    const types = Object.values(frameTypes)
    expect(types).toEqual(Array.from({ length: lastFrameType }, (_, i) => i + 1))
  })

  test('of every type have a longest payload', () => {
    for (const type of Object.values(frameTypes)) expect(maxPayloadLength(type)).toBeGreaterThan(0)
  })
})

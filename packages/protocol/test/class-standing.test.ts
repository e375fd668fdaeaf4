import { expect, test } from 'vitest'
import { classStanding, flagsOfStanding, standingOfFlags } from '../src/class-standing.ts'
import { frameFlags } from '../src/frame.ts'

test('the standing of a class goes over the wire as flags', () => {
  for (const isKnown of [false, true]) {
    for (const hasOthers of [false, true]) {
      const read = standingOfFlags(flagsOfStanding(classStanding(isKnown, hasOthers)))
      expect(read).toEqual(isKnown || hasOthers ? { isKnown, hasOthers } : undefined)
    }
  }
})

test('a standing that is absent sets no flag, and other flags tell none', () => {
  expect(flagsOfStanding(undefined)).toBe(0)
  expect(standingOfFlags(frameFlags.END)).toBe(undefined)
})

import { describe, expect, test } from 'vitest'
import { pack } from '../src/packed.ts'
import type { Skill } from '../src/resume.ts'
import { readResume, readResumeChanges, resumeMap, takePiece } from '../src/resume-rows.ts'
import { longResume, overWire, skill } from './support/samples.ts'

describe('a résumé', () => {
  test('arrives as it was sent', () => {
    const resume = longResume(100)
    expect(readResume(overWire(resumeMap(resume)))).toEqual(resume)
  })

  test('arrives as changes with what has faded', () => {
    const changes = new Map([
      ['a', skill],
      ['b', null],
    ])
    expect(readResumeChanges(overWire(resumeMap(changes)))).toEqual(changes)
  })
})

describe('takePiece', () => {
  const lengthOf = (piece: ReadonlyMap<string, Skill | null>) => pack(resumeMap(piece)).length

  test('takes what fits, in order, until nothing is left', () => {
    const all = longResume(1000)
    const rest = new Map<string, Skill | null>(all)
    const together = new Map<string, Skill | null>()
    let pieces = 0
    while (rest.size > 0) {
      const piece = takePiece(rest, 10_000)
      expect(lengthOf(piece)).toBeLessThanOrEqual(10_000)
      if (rest.size > 0) expect(lengthOf(piece)).toBeGreaterThan(7_000)
      for (const [requestClass, each] of piece) together.set(requestClass, each)
      pieces++
    }
    expect([...together]).toEqual([...all])
    expect(pieces).toBeLessThan(25)
  })

  test('counts octets, not characters', () => {
    const rest = new Map(Array.from({ length: 100 }, (_, i) => [`${'é'.repeat(200)}${i}`, skill]))
    expect(lengthOf(takePiece(rest, 5_000))).toBeLessThanOrEqual(5_000)
  })

  test('takes one entry however little fits', () => {
    const rest = longResume(2)
    expect(takePiece(rest, 1).size).toBe(1)
    expect(rest.size).toBe(1)
  })
})

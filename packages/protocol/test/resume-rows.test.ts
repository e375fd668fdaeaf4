import { describe, expect, test } from 'vitest'
import { readResume, readResumeChanges, readSkillAt, resumeMap } from '../src/resume-rows.ts'
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

  test('arrives with what requests take by their size', () => {
    const sized = { ...skill, fixed: 0.02, perUnit: 0.000125 }
    const resume = new Map([
      ['sized', sized],
      ['streaming', { ...sized, rest: 3 }],
      ['well known', { ...sized, rest: 3, units: 2_000, spread: 90_000, perUnitAhead: 0.0001 }],
      ['plain', skill],
    ])
    expect(readResume(overWire(resumeMap(resume)))).toEqual(resume)
  })
})

describe('a skill in a row', () => {
  const row = [50, 0.02, 3, 0.5, 0.01, 0.001, 2]
  const bad = expect.objectContaining({ code: 'BAD_MESSAGE' })

  test.each([7, 8, 9])('is refused if place %d of a résumé is no measure', (place) => {
    const known = [...row, 100, 1_000, 0.001]
    expect(readResumeChanges(new Map([['a', known]])).get('a')).toHaveProperty('units', 100)
    expect(() => readResumeChanges(new Map([['a', known.with(place, -1)]]))).toThrow(bad)
  })

  test('has the four places of earlier releases first', () => {
    expect(resumeMap(new Map([['a', skill]])).get('a')).toEqual([50, 0.02, 3, 0.5])
    expect(resumeMap(new Map([['a', { ...skill, fixed: 0, perUnit: 1 }]])).get('a')).toEqual([
      ...[50, 0.02, 3, 0.5],
      ...[0, 1, 0],
    ])
  })

  test('may have more places in a later release', () => {
    const sized = { ...skill, fixed: 0.01, perUnit: 0.001, rest: 2 }
    expect(readSkillAt([...row, 'new'], 0)).toEqual(sized)
  })

  test.each([
    [0, 1.1e9, 'score', 1e9],
    [0, 1e-10, 'score', 1e-9],
    [1, Number.MAX_VALUE, 'seconds', 1e9],
    [2, 2e15, 'count', 1e15],
    [3, 1.1e9, 'rate', 1e9],
    [4, 1.1e9, 'fixed', 1e9],
    [5, 2e15, 'perUnit', 1e15],
    [6, 1.1e9, 'rest', 1e9],
  ] as const)('counts as the limit if place %d is %d', (place, value, name, limit) => {
    expect(readSkillAt(row.with(place, value), 0)[name]).toBe(limit)
  })

  test.each([0, 1, 2, 3, 4, 5, 6])('is refused if place %d is no number from 0', (place) => {
    for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => readSkillAt(row.with(place, value), 0)).toThrow(bad)
    }
  })

  test('is refused with a score of 0', () => {
    expect(() => readSkillAt(row.with(0, 0), 0)).toThrow(bad)
  })

  test('is accepted with the greatest numbers that there can be', () => {
    const [seconds, count] = [1e9, 1e15]
    const greatest = { score: 1e9, seconds, count, rate: 1e9, fixed: seconds, perUnit: count }
    const resume = new Map([['a', { ...greatest, rest: seconds }]])
    expect(readResume(overWire(resumeMap(resume)))).toEqual(resume)
  })
})

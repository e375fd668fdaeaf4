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
      ['plain', skill],
    ])
    expect(readResume(overWire(resumeMap(resume)))).toEqual(resume)
  })
})

describe('a skill in a row', () => {
  const row = [50, 0.02, 3, 0.5, 0.01, 0.001, 2]

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

  test.each([4, 5, 6])('is refused if place %d is no measure', (place) => {
    const bad = expect.objectContaining({ code: 'BAD_MESSAGE' })
    expect(() => readSkillAt(row.with(place, -1), 0)).toThrow(bad)
  })
})

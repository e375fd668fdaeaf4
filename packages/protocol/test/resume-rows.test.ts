import { describe, expect, test } from 'vitest'
import { readResume, readResumeChanges, resumeMap } from '../src/resume-rows.ts'
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

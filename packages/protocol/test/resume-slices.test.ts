import { describe, expect, test } from 'vitest'
import { ReadResumeSlices } from '../src/resume-slices.ts'
import { skill } from './support/samples.ts'

const resumeOf = (...names: string[]) => new Map(names.map((name) => [name, skill]))

describe('ReadResumeSlices', () => {
  test('gives every class once, in order', () => {
    const slices = new ReadResumeSlices(resumeOf('a', 'b', 'c'))
    expect(slices.left).toBe(3)
    expect(slices.take(2)).toEqual(resumeOf('a', 'b'))
    expect(slices.left).toBe(1)
    expect(slices.take(2)).toEqual(resumeOf('c'))
    expect(slices.left).toBe(0)
    expect(slices.take(2)).toEqual(new Map())
  })
})

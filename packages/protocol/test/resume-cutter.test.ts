import { describe, expect, test } from 'vitest'
import { pack } from '../src/packed.ts'
import type { Skill } from '../src/resume.ts'
import { ResumeCutter } from '../src/resume-cutter.ts'
import { resumeMap } from '../src/resume-rows.ts'
import { longResume, skill } from './support/samples.ts'

const lengthOf = (piece: ReadonlyMap<string, Skill | null>) => pack(resumeMap(piece)).length

describe('ResumeCutter', () => {
  test('takes what fits, in order, until nothing is left', () => {
    const all = longResume(1000)
    const cutter = new ResumeCutter(all)
    const together = new Map<string, Skill | null>()
    let pieces = 0
    while (!cutter.isDone) {
      const piece = cutter.take(10_000)
      expect(lengthOf(piece)).toBeLessThanOrEqual(10_000)
      if (!cutter.isDone) expect(lengthOf(piece)).toBeGreaterThan(7_000)
      for (const [requestClass, each] of piece) together.set(requestClass, each)
      pieces++
    }
    expect([...together]).toEqual([...all])
    expect(pieces).toBeLessThan(25)
    expect(cutter.take(10_000).size).toBe(0)
  })

  test('counts octets, not characters', () => {
    const all = new Map(Array.from({ length: 100 }, (_, i) => [`${'é'.repeat(200)}${i}`, skill]))
    expect(lengthOf(new ResumeCutter(all).take(5_000))).toBeLessThanOrEqual(5_000)
  })

  test('takes one entry however little fits', () => {
    const cutter = new ResumeCutter(longResume(2))
    expect(cutter.take(1).size).toBe(1)
    expect(cutter.take(1).size).toBe(1)
    expect(cutter.isDone).toBe(true)
  })

  test('sees what is changed, deleted and added before its turn', () => {
    const all = new Map(['a', 'b', 'c', 'd'].map((name) => [name, skill]))
    const cutter = new ResumeCutter(all)
    expect([...cutter.take(1).keys()]).toEqual(['a'])
    const changed = { ...skill, count: 9 }
    all.delete('a')
    all.delete('b')
    all.set('c', changed)
    all.set('e', skill)
    expect([...cutter.take(10_000)]).toEqual([
      ['c', changed],
      ['d', skill],
      ['e', skill],
    ])
  })
})

import { describe, expect, test } from 'vitest'
import { maxSuspects, Suspects, type Victim, watchTime } from '../../src/proxy/suspects.ts'

const victim = (requestClass: string, more: Partial<Victim> = {}): Victim => ({
  requestClass,
  isRepeat: false,
  mayRepeat: true,
  ...more,
})
const victims = (names: string) => names.split(' ').map((name) => victim(name))
const someOther = () => false

describe('a crash', () => {
  test('is blamed on no class, if it is the first', () => {
    const suspects = new Suspects()
    expect(suspects.judge(victims('a b c'), someOther, 0)).toBeUndefined()
    expect(suspects.judge(victims('d'), someOther, 0)).toBeUndefined()
    expect(suspects.size).toBe(4)
  })

  test('convicts the class that was at more crashes than each other', () => {
    const suspects = new Suspects()
    suspects.judge(victims('a b c'), someOther, 0)
    const blame = suspects.judge(victims('d b e'), someOther, 1)
    expect(blame).toEqual({ requestClass: 'b', isConvicted: true })
    expect(suspects.isConvicted('b', 2)).toBe(true)
    expect(suspects.isConvicted('d', 2)).toBe(false)
  })

  test('convicts none of two classes that were at as many', () => {
    const suspects = new Suspects()
    suspects.judge(victims('a b c'), someOther, 0)
    expect(suspects.judge(victims('a b'), someOther, 1)).toBeUndefined()
    expect(suspects.judge(victims('a'), someOther, 2)?.requestClass).toBe('a')
  })

  test('is blamed on a convicted class that was in progress, and counts for no other', () => {
    const suspects = new Suspects()
    suspects.judge(victims('a'), someOther, 0)
    suspects.judge(victims('a'), someOther, 0)
    expect(suspects.judge(victims('b a'), someOther, 1)?.requestClass).toBe('a')
    expect(suspects.isSuspect('b', 1)).toBe(false)
  })

  test('does not count for a class whose repeats have survived', () => {
    const suspects = new Suspects()
    suspects.judge(victims('a b'), someOther, 0)
    suspects.survived('a')
    expect(suspects.judge(victims('a b'), someOther, 1)?.requestClass).toBe('b')
  })

  test('counts for a class of which a request cannot be repeated, though another survives', () => {
    const suspects = new Suspects()
    suspects.judge([victim('a'), victim('a', { mayRepeat: false })], someOther, 0)
    suspects.survived('a')
    expect(suspects.judge(victims('a b'), someOther, 1)?.requestClass).toBe('a')
  })

  test('convicts no class that is the only one, but blames a request that was repeated', () => {
    const suspects = new Suspects()
    suspects.judge(victims('a'), () => true, 0)
    expect(suspects.judge(victims('a'), () => true, 1)).toBeUndefined()
    const repeated = [victim('a', { isRepeat: true })]
    const blame = { requestClass: 'a', isConvicted: false }
    expect(suspects.judge(repeated, () => true, 2)).toEqual(blame)
  })

  test('is forgotten after a time', () => {
    const suspects = new Suspects()
    suspects.judge(victims('a b'), someOther, 0)
    expect(suspects.judge(victims('a c'), someOther, watchTime)).toBeUndefined()
    suspects.prune(2 * watchTime)
    expect(suspects.size).toBe(0)
  })

  test('is remembered for a limited number of classes', () => {
    const suspects = new Suspects()
    const many = Array.from({ length: maxSuspects + 10 }, (_, at) => victim(`class${at}`))
    suspects.judge(many, someOther, 0)
    expect(suspects.size).toBe(maxSuspects)
    expect(suspects.isSuspect('class9', 0)).toBe(false)
    expect(suspects.isSuspect('class10', 0)).toBe(true)
  })
})

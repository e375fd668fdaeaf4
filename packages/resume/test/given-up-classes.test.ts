import { describe, expect, test } from 'vitest'
import { GivenUpClasses } from '../src/given-up-classes.ts'

describe('a class that was given up', () => {
  test('is not brought back by requests that began up to a second later', () => {
    const givenUp = new GivenUpClasses()
    givenUp.add('a', 10, 5)
    expect([9, 10, 10.9, 11].map((at) => givenUp.has('a', at))).toEqual([true, true, true, false])
    expect(givenUp.has('b', 10)).toBe(false)
  })

  test('is one no more when the worker has it again', () => {
    const givenUp = new GivenUpClasses()
    givenUp.add('a', 10, 5)
    givenUp.delete('a')
    expect(givenUp.has('a', 10)).toBe(false)
  })

  test('counts from the last time', () => {
    const givenUp = new GivenUpClasses()
    for (const at of [10, 10.5]) givenUp.add('a', at, 5)
    expect(givenUp.has('a', 11.2)).toBe(true)
  })

  test('is not kept beyond the limit, until earlier ones are over', () => {
    const givenUp = new GivenUpClasses()
    for (const name of ['a', 'b', 'c']) givenUp.add(name, 10, 2)
    expect(['a', 'b', 'c'].map((name) => givenUp.has(name, 10))).toEqual([true, true, false])
    givenUp.add('c', 11, 2)
    expect(givenUp.has('c', 11)).toBe(true)
  })
})

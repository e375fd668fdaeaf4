import { maxClassLength } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import { boundClass } from '../../src/classify/classifier.ts'

describe('boundClass', () => {
  test('keeps names that are short enough', () => {
    const longest = 'x'.repeat(maxClassLength)
    expect([boundClass('a'), boundClass(''), boundClass(longest)]).toEqual(['a', '', longest])
  })

  test('cuts longer ones, but no pair of surrogates', () => {
    expect(boundClass('x'.repeat(maxClassLength + 1))).toBe('x'.repeat(maxClassLength))
    const cut = boundClass(`${'x'.repeat(maxClassLength - 1)}😀`)
    expect(cut).toBe('x'.repeat(maxClassLength - 1))
  })

  test.each([undefined, null, 7, {}])('makes the default class of %s', (name) => {
    expect(boundClass(name)).toBe('')
  })
})

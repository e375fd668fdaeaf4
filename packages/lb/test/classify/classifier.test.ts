import { maxClassLength } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import { boundPick } from '../../src/classify/classifier.ts'

const classOf = (answer: unknown) => boundPick(answer).requestClass

describe('boundPick', () => {
  test('keeps names that are short enough', () => {
    const longest = 'x'.repeat(maxClassLength)
    expect([classOf('a'), classOf(''), classOf(longest)]).toEqual(['a', '', longest])
  })

  test('cuts longer ones, but no pair of surrogates', () => {
    expect(classOf('x'.repeat(maxClassLength + 1))).toBe('x'.repeat(maxClassLength))
    const cut = classOf(`${'x'.repeat(maxClassLength - 1)}😀`)
    expect(cut).toBe('x'.repeat(maxClassLength - 1))
  })

  test.each([undefined, null, 7, {}, []])('makes the default class of %j', (answer) => {
    expect(boundPick(answer)).toEqual({ requestClass: '' })
  })

  test('takes the version and the session from answers that have them', () => {
    const pick = { requestClass: 'a', version: '2', session: 's' }
    expect(boundPick({ ...pick, other: 1 })).toEqual(pick)
    expect(boundPick({ requestClass: 'a', version: 2, session: null })).toEqual({
      requestClass: 'a',
    })
    const long = 'x'.repeat(maxClassLength + 1)
    expect(boundPick({ requestClass: 'a', session: long }).session).toHaveLength(maxClassLength)
  })
})

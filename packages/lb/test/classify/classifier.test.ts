import { linkOf, maxChainLength, maxClassLength, maxUnits } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import { boundPick } from '../../src/classify/classifier.ts'

const classOf = (answer: unknown) => boundPick(answer).requestClass
const long = 'x'.repeat(maxClassLength)

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

describe('the chain of a classifier', () => {
  const chainOf = (chain: unknown) => boundPick({ requestClass: 'a', chain }).chain

  test('is one of hashes, each of which depends on all names before it', () => {
    const first = linkOf('a', 'conversation')
    expect(chainOf(['conversation', 'block'])).toEqual([first, linkOf(first, 'block')])
    expect(boundPick({ requestClass: 'b', chain: ['conversation'] }).chain).not.toEqual([first])
  })

  test('may have links that are computed already', () => {
    expect(chainOf([7, 'block', 9])).toEqual([7, linkOf(7, 'block'), 9])
  })

  test('is bounded in its length and that of its names', () => {
    expect(chainOf(Array.from({ length: 300 }, (_, i) => i + 1))).toHaveLength(maxChainLength)
    expect(chainOf([`${long}1`])).toEqual(chainOf([`${long}2`]))
  })

  test('is empty if the classifier says so', () => expect(chainOf([])).toEqual([]))

  test.each([[[0]], [[null, 'a']], ['text'], [{}], [[1.5]], [[2 ** 48]]])(
    'is absent if it is %j',
    (chain) => expect(boundPick({ requestClass: 'a', chain })).toEqual({ requestClass: 'a' }),
  )

  test('ends before a bad value', () => {
    expect(chainOf([1, {}, 2])).toEqual([1])
  })
})

test('units of a classifier are numbers from 0 to a maximum', () => {
  const unitsOf = (units: unknown) => boundPick({ requestClass: 'a', units }).units
  expect([0, 2.5, 1e300].map(unitsOf)).toEqual([0, 2.5, maxUnits])
  for (const units of [-1, Number.NaN, Number.POSITIVE_INFINITY, '7', null]) {
    expect(unitsOf(units)).toBeUndefined()
  }
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chainText, isLink, linkOf, maxChainLength, maxLink, readChain } from '../src/chain.ts'

const link = fc.integer({ min: 1, max: maxLink })

describe('a link', () => {
  test('is the same in every release', () => {
    expect(linkOf('a.example', 'first')).toBe(211_143_024_502_502)
    expect(linkOf(0, 'é\u{1f600}')).toBe(120_633_971_118_158)
    expect(linkOf('', '')).toBe(185_895_494_739_832)
  })

  test('is always valid', () => {
    fc.assert(
      fc.property(fc.oneof(link, fc.string()), fc.string({ unit: 'binary' }), (parent, name) => {
        expect(isLink(linkOf(parent, name))).toBe(true)
      }),
    )
  })

  test('depends on all of its parent and of its name', () => {
    const links = new Set<number>()
    for (let bit = 0; bit < 48; bit++) links.add(linkOf(2 ** bit, 'name'))
    for (let i = 0; i < 10_000; i++) links.add(linkOf('class', `name ${i}`))
    for (let i = 0; i < 10_000; i++) links.add(linkOf(`class ${i}`, 'name'))
    expect(links.size).toBe(20_048)
  })

  test.each([0, -1, 1.5, maxLink + 1, Number.NaN, '1', undefined, null])('is not %j', (value) => {
    expect(isLink(value)).toBe(false)
  })
})

test('a chain arrives as it was sent', () => {
  fc.assert(
    fc.property(fc.array(link, { maxLength: maxChainLength }), (chain) => {
      const text = chainText(chain)
      expect(text).toHaveLength(8 * chain.length)
      expect(readChain(text)).toEqual(chain)
    }),
  )
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fieldOf, joinHeaders, splitHeaders } from '../src/header-block.ts'

const name = fc.stringMatching(/^[A-Za-z-]+$/)
const value = fc.stringMatching(/^[\t -~\u0080-\u00ff]*$/)

test('a block gives back the fields it was made of, in order, with repetitions and empty values', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), (fields) => {
      expect(splitHeaders(joinHeaders(fields.flat()))).toEqual(fields.flat())
    }),
  )
  expect(splitHeaders(joinHeaders(['Empty', '']))).toEqual(['Empty', ''])
})

test('a field is found by its name in any case, the first if there are several', () => {
  const lower = fc.constantFrom('host', 'x-a', 'accept')
  const cased = lower.chain((text) => fc.constantFrom(text, text.toUpperCase()))
  fc.assert(
    fc.property(fc.array(fc.tuple(cased, value)), lower, (fields, wanted) => {
      const found = fields.find(([name]) => name.toLowerCase() === wanted)
      expect(fieldOf(joinHeaders(fields.flat()), wanted)).toBe(found?.[1])
    }),
  )
})

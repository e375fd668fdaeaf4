import fc from 'fast-check'
import { expect, test } from 'vitest'
import { joinHeaders, splitHeaders } from '../src/header-block.ts'

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

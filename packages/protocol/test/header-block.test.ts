import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fieldOf, joinHeaders, splitHeaders, upgradeOf, withUpgrade } from '../src/header-block.ts'

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

test('a block asks for an upgrade by the fields that HTTP/1.1 has for it', () => {
  expect(withUpgrade('Host\na', 'websocket')).toBe(
    'Host\na\nConnection\nUpgrade\nUpgrade\nwebsocket',
  )
  expect(splitHeaders(withUpgrade('', 'a, b'))).toEqual([
    'Connection',
    'Upgrade',
    'Upgrade',
    'a, b',
  ])
  expect(upgradeOf(withUpgrade('Host\na', 'a, b'))).toBe('a, b')
  expect(upgradeOf('Host\na')).toBeUndefined()
})

import { expect, test } from 'vitest'
import { addListed, withoutListed } from '../src/listed-fields.ts'

const never = new Set(['close', 'keep-alive', 'host'])

test('names are listed in any case, with any spaces, but for those that never are', () => {
  expect(addListed(undefined, 'Close, X-A ,,x-b,HOST', never)).toEqual(new Set(['x-a', 'x-b']))
  expect(addListed(new Set(['x-a']), 'X-C', never)).toEqual(new Set(['x-a', 'x-c']))
})

test('where nothing is listed nothing is made', () => {
  expect(addListed(undefined, 'keep-alive', never)).toBeUndefined()
  expect(addListed(undefined, 'close, Keep-Alive', never)).toBeUndefined()
  const fields = ['A', '1']
  expect(withoutListed(fields, undefined)).toBe(fields)
})

test('listed fields are left out, whatever the case of their names', () => {
  const fields = ['X-A', '1', 'B', 'x-a', 'x-a', '2']
  expect(withoutListed(fields, new Set(['x-a']))).toEqual(['B', 'x-a'])
})

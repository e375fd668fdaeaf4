import { expect, test } from 'vitest'
import { ReadBody } from '../../src/http/body-view.ts'

const bodyOf = (text: string) => new ReadBody(Buffer.from(text))

test('a body is bytes, UTF-8 and JSON', () => {
  const body = bodyOf('{"a":"é"}')
  expect([body.bytes.length, body.text, body.json]).toEqual([10, '{"a":"é"}', { a: 'é' }])
  expect(body.json).toBe(body.json)
})

test.each(['', '{', 'undefined', '\u{feff}{}', '{"a":1}}'])('%j is not JSON', (text) => {
  expect(bodyOf(text).json).toBeUndefined()
})

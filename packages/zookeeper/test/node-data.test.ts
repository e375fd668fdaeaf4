import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeProperties, encodeProperties, type Properties } from '../src/node-data.ts'
import { patient } from './harness.ts'

describe('encodeProperties', () => {
  test.each<[string, Properties, string]>([
    ['writes JSON without spaces', { pid: 1, a: [1, 'b'] }, '{"pid":1,"a":[1,"b"]}'],
    ['writes an empty object for no properties', {}, '{}'],
    ['writes a lone string_value bare', { string_value: 'hello' }, 'hello'],
    [
      'writes a string_value in company as JSON',
      { string_value: 'x', a: 1 },
      '{"string_value":"x","a":1}',
    ],
  ])('%s', (_rule, properties, text) => {
    expect(encodeProperties(properties).toString()).toBe(text)
  })
})

describe('decodeProperties', () => {
  test.each<[string, string | undefined, Properties]>([
    ['takes no data for no properties', undefined, {}],
    ['takes blank data for no properties', ' \n ', {}],
    ['reads JSON between spaces', ' {"a": 1}\n', { a: 1 }],
    ['takes other text for a string_value, as it is', ' hello ', { string_value: ' hello ' }],
    ['takes a JSON list for a string_value', '[1]', { string_value: '[1]' }],
  ])('%s', (_rule, text, properties) => {
    expect(decodeProperties(text)).toEqual(properties)
  })

  test('reports invalid JSON, and keeps the text', () => {
    const errors: Error[] = []
    expect(decodeProperties('{"a":}', (error) => errors.push(error))).toEqual({
      string_value: '{"a":}',
    })
    expect(errors).toHaveLength(1)
  })

  test('reads what encodeProperties writes', patient, () => {
    const values = fc.dictionary(fc.string(), fc.jsonValue())
    fc.assert(
      fc.property(values, (value) => {
        const properties = JSON.parse(JSON.stringify(value)) as Properties
        // A bare string that looks like something else is read as that: zc.zk's choice.
        fc.pre(!('string_value' in properties))
        expect(decodeProperties(encodeProperties(properties))).toEqual(properties)
      }),
    )
  })
})

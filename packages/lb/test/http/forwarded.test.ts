import { describe, expect, test } from 'vitest'
import { addressOf, parseForwarded } from '../../src/http/forwarded.ts'

describe('parseForwarded', () => {
  const examples: [value: string, elements: Record<string, string>[]][] = [
    ['for="_gazonk"', [{ for: '_gazonk' }]],
    ['For="[2001:db8:cafe::17]:4711"', [{ for: '[2001:db8:cafe::17]:4711' }]],
    [
      'for=192.0.2.60;proto=http;by=203.0.113.43',
      [{ for: '192.0.2.60', proto: 'http', by: '203.0.113.43' }],
    ],
    ['for=192.0.2.43, for=198.51.100.17', [{ for: '192.0.2.43' }, { for: '198.51.100.17' }]],
    ['host="a,b;c\\"d" ; for=x', [{ host: 'a,b;c"d', for: 'x' }]],
  ]
  test.each(examples)('reads %s, as RFC 7239 has it', (value, elements) => {
    expect(parseForwarded(value).map((element) => Object.fromEntries(element))).toEqual(elements)
  })

  test.each(['for', 'for="open', '=x', '{}'])('makes nothing of %s', (value) => {
    expect(parseForwarded(value)).toEqual([])
  })
})

describe('addressOf', () => {
  test.each([
    ['1.2.3.4', '1.2.3.4'],
    ['1.2.3.4:5678', '1.2.3.4'],
    ['[2001:db8::1]:5678', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['unknown', undefined],
    ['_hidden', undefined],
    ['1.2.3', undefined],
    ['1.2.3.4:', undefined],
    ['[1.2.3.4', undefined],
    ['', undefined],
  ])('finds in %s the address %s', (item, address) => expect(addressOf(item)).toBe(address))
})

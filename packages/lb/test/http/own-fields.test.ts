import { describe, expect, test } from 'vitest'
import { knownField } from '../../src/http/known-fields.ts'
import { noOwnFields, OwnFields } from '../../src/http/own-fields.ts'
import { clientFields } from '../../src/http/response-fields.ts'

describe('what the load balancer adds to a response', () => {
  test.each([
    { idName: 'X-Request-ID', sendsVia: true, lines: 'X-Request-ID: 7\r\nVia: 1.1 resumelb\r\n' },
    { idName: 'X-Request-ID', sendsVia: false, lines: 'X-Request-ID: 7\r\n' },
    { idName: '', sendsVia: true, lines: 'Via: 1.1 resumelb\r\n' },
    { idName: '', sendsVia: false, lines: '' },
  ])('is $lines for an id in $idName, with Via: $sendsVia', ({ idName, sendsVia, lines }) => {
    const own = new OwnFields(idName, sendsVia)
    expect(own.lines('7', own.hasId)).toBe(lines)
    expect(own.idPair('7')).toEqual(idName === '' ? [] : [idName, '7'])
  })

  test('is nothing for interim responses', () => {
    expect(noOwnFields.lines('7', noOwnFields.hasId)).toBe('')
  })

  test.each([
    ['X-Request-ID', 'x-request-id', true],
    ['X-Request-ID', 'X-REQUEST-ID', true],
    ['X-Request-ID', 'Content-Type', false],
    ['X-Request-ID', 'X_Request_ID', false],
    ['Trace', 'trace', true],
    ['Trace', 'X-Tra', false],
    ['X-Forwarded-Id', 'x-forwarded-id', true],
    ['X-Forwarded-Id', 'X-Forwarded-Ip', false],
    ['X-Forwarded-Id', 'X-Forwarded-Server', false],
  ])('knows of %s whether %s is the same field: %s', (idName, name, isSame) => {
    const own = new OwnFields(idName, true)
    expect(own.isId(name, knownField(name))).toBe(isSame)
    const headers = [name, 'of the application'].join('\n')
    const fields = clientFields({ status: 200, reason: '', headers }, own, '7')?.pairs
    expect(fields?.includes('7')).toBe(!isSame)
  })
})

import { describe, expect, test } from 'vitest'
import { classifyByAttribute, classifyWithSize } from '../../src/classify/by-attribute.ts'
import { boundPick } from '../../src/classify/classifier.ts'
import { ReadBody } from '../../src/http/body-view.ts'
import type { RequestView } from '../../src/http/request-view.ts'

const requestWith = (...rawHeaders: string[]) =>
  ({ rawHeaders, url: '/a/b' }) as unknown as RequestView
const body = new ReadBody(Buffer.from('{"model":"small"}'))

describe('classifyByAttribute', () => {
  test('takes the attribute for the class', () => {
    const classify = classifyByAttribute('header:x-tenant')
    expect(classify(requestWith('X-Tenant', 'blue'))).toBe('blue')
    expect(classify(requestWith())).toBe('')
    expect(classify.readsBody).toBeUndefined()
  })

  test('may need the body', () => {
    const classify = classifyByAttribute('json:model')
    expect(classify(requestWith(), body)).toBe('small')
    expect(classify(requestWith())).toBe('')
    expect(classify.readsBody).toBeTypeOf('function')
  })

  test('refuses what is no attribute', () => {
    expect(() => classifyByAttribute('colour', '--x')).toThrow('--x')
  })
})

describe('classifyWithSize', () => {
  test('adds the units and the chain that attributes say', () => {
    const classify = classifyWithSize(() => 'a', {
      units: 'header:x-rows',
      chain: ['path', 'header:x-part', 'header:x-page'],
    })
    const whole = classify(requestWith('X-Rows', '2e3', 'X-Part', 'p', 'X-Page', '1'))
    expect(whole).toEqual({ requestClass: 'a', units: 2000, chain: ['/a/b', 'p', '1'] })
    expect(classify(requestWith('X-Page', '1'))).toEqual({ requestClass: 'a', chain: ['/a/b'] })
  })

  test.each(['', 'many', '-1', 'NaN'])('takes %j for no size', (rows) => {
    const classify = classifyWithSize(() => 'a', { units: 'header:x-rows' })
    expect(boundPick(classify(requestWith('X-Rows', rows))).units).toBeUndefined()
  })

  test('keeps what the classifier says, unless attributes say otherwise', () => {
    const given = { requestClass: 'a', version: 'v', session: 's', units: 1, chain: [5] }
    const classify = classifyWithSize(() => given, { units: 'body-size', chain: ['query:x'] })
    expect(classify(requestWith())).toEqual(given)
    expect(classify(requestWith('Content-Length', '9'))).toEqual({ ...given, units: 9 })
  })

  test('is the classifier itself without attributes', () => {
    const classify = () => 'a'
    expect(classifyWithSize(classify, {})).toBe(classify)
  })

  test('needs the body if a part of it does', () => {
    const byModel = classifyByAttribute('json:model')
    const json = requestWith('Content-Type', 'application/json')
    for (const classify of [
      classifyWithSize(byModel, { units: 'body-size' }),
      classifyWithSize(() => 'a', { chain: ['json:model'] }),
    ]) {
      const test = classify.readsBody as (request: RequestView) => boolean
      expect([test(json), test(requestWith())]).toEqual([true, false])
    }
    expect(classifyWithSize(() => 'a', { units: 'body-size' }).readsBody).toBeUndefined()
  })
})

import { describe, expect, test } from 'vitest'
import { attributeForms, hasJson, isAttribute, readerOf } from '../../src/classify/attribute.ts'
import { ReadBody } from '../../src/http/body-view.ts'
import type { RequestView } from '../../src/http/request-view.ts'

const requestWith = (...rawHeaders: string[]) => ({ rawHeaders }) as unknown as RequestView
const bodyOf = (json: unknown) => new ReadBody(Buffer.from(JSON.stringify(json)))

describe('json:PATH', () => {
  const json = {
    model: 'small',
    metadata: { user: 'u-1', 'x.y': 1 },
    list: [{ n: 7 }, true],
    none: null,
  }

  test.each([
    ['model', 'small'],
    ['metadata.user', 'u-1'],
    ['list.0.n', '7'],
    ['list.1', 'true'],
    ['list', undefined],
    ['list.length', '2'],
    ['metadata', undefined],
    ['none', undefined],
    ['none.model', undefined],
    ['model.length', undefined],
    ['missing.user', undefined],
    ['constructor', undefined],
    ['__proto__.x', undefined],
  ])('%s is %j', (path, value) => {
    expect(readerOf(`json:${path}`, 'x')(requestWith(), bodyOf(json))).toBe(value)
  })

  test('is absent without a body, and in one that is not JSON', () => {
    const read = readerOf('json:model', 'x')
    expect(read(requestWith())).toBeUndefined()
    expect(read(requestWith(), new ReadBody(Buffer.from('{"model":')))).toBeUndefined()
    expect(read(requestWith(), bodyOf('model'))).toBeUndefined()
  })

  test('needs the body', () => {
    expect(readerOf('json:model', 'x').readsBody).toBe(hasJson)
    expect(readerOf('header:json', 'x').readsBody).toBeUndefined()
  })
})

describe('body-size', () => {
  const read = readerOf('body-size', 'x')

  test('is the announced length', () => {
    expect(read(requestWith('Content-Length', '17'))).toBe('17')
    expect(read(requestWith('Transfer-Encoding', 'chunked'))).toBeUndefined()
    expect(read.readsBody).toBeUndefined()
  })

  test('is the length of a body that was read for something else', () => {
    expect(read(requestWith(), bodyOf('abc'))).toBe('5')
  })
})

test.each([
  ['application/json', true],
  ['Application/JSON; charset=utf-8', true],
  ['application/vnd.api+json', true],
  ['application/jsonp', false],
  ['application/json-seq', false],
  ['text/json', false],
  ['application/x-www-form-urlencoded', false],
  ['', false],
])('a body of type %j is read as JSON: %j', (type, isRead) => {
  expect(hasJson(requestWith('Content-Type', type))).toBe(isRead)
  expect(hasJson(requestWith('Content-Type', type, 'Content-Encoding', 'gzip'))).toBe(false)
  expect(hasJson(requestWith('Content-Type', type, 'Content-Encoding', 'identity'))).toBe(isRead)
})

test('every form of an attribute that messages name is one', () => {
  const forms = attributeForms.split(', ').map((form) => form.replace(/NAME|PATH/, 'a'))
  expect(forms.filter((form) => !isAttribute(form))).toEqual([])
  expect(['json', 'json:', 'size', ''].filter(isAttribute)).toEqual([])
})

import { describe, expect, test } from 'vitest'
import { documentsOf, tradeOf } from '../src/documents.ts'
import { tenantNames } from '../src/tenant-name.ts'
import { sentences } from '../src/vocabulary.ts'

describe('documentsOf', () => {
  test('gives a tenant the same documents every time', () => {
    expect(documentsOf('tenant-07', 5)).toEqual(documentsOf('tenant-07', 5))
  })

  test('begins with the same documents, however many are asked for', () => {
    expect(documentsOf('tenant-07', 9).slice(0, 5)).toEqual(documentsOf('tenant-07', 5))
  })

  test('gives each tenant documents of its own', () => {
    const first = tenantNames(64).map((tenant) => documentsOf(tenant, 1)[0]?.text)
    expect(new Set(first).size).toBe(64)
  })

  test('leaves no word in braces', () => {
    const written = tenantNames(20).flatMap((tenant) => documentsOf(tenant, 10))
    expect(JSON.stringify(written.map(({ title, text }) => [title, text]))).not.toMatch(/[{}]/)
    expect(sentences.join()).toMatch(/[{}]/)
  })

  test('writes "an" before a vowel', () => {
    const text = documentsOf('tenant-01', 200).map((document) => document.text)
    expect(text.join(' ')).not.toMatch(/\ba [aeiou]/)
  })
})

describe('tradeOf', () => {
  test('spreads the tenants over several trades', () => {
    expect(new Set(tenantNames(64).map((tenant) => tradeOf(tenant).name)).size).toBeGreaterThan(5)
  })
})

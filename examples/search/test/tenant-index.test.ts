import { describe, expect, test } from 'vitest'
import { documentsOf } from '../src/documents.ts'
import { buildTenantIndex } from '../src/tenant-index.ts'

const index = buildTenantIndex('tenant-07', 50)

describe('buildTenantIndex', () => {
  test('finds each document by its title', () => {
    for (const { id, title } of documentsOf('tenant-07', 50)) {
      expect(index.search(title, 50).hits.map((hit) => hit.id)).toContain(id)
    }
  })

  test('finds every one of its suggestions', () => {
    for (const word of index.suggestions) expect(index.search(word, 1).total).toBeGreaterThan(0)
  })

  test('forgives one wrong letter in a long word', () => {
    const right = index.search('agreement', 50)
    const wrong = index.search('agreoment', 50)
    expect(right.total).toBeGreaterThan(0)
    expect(wrong.total).toBe(right.total)
  })

  test('returns no more hits than the limit, and their total number', () => {
    const { total, hits } = index.search('last year', 3)
    expect(hits).toHaveLength(3)
    expect(total).toBeGreaterThan(3)
  })

  test('finds nothing for words that no document has', () => {
    expect(index.search('xylophone', 10)).toEqual({ total: 0, hits: [] })
  })
})

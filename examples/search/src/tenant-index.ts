/** The full-text index of one tenant: slow to build, fast to ask. */
import MiniSearch from 'minisearch'
import { documentsOf, type TenantDocument, tradeOf } from './documents.ts'

export interface Hit {
  readonly id: number
  readonly kind: string
  readonly title: string
  /** The sentence of the document that says most about the query. */
  readonly excerpt: string
  /** How well it fits; only comparable within one answer. */
  readonly score: number
}

export interface TenantIndex {
  readonly tenant: string
  /** What the tenant's documents are about. */
  readonly trade: string
  readonly documentCount: number
  readonly termCount: number
  /** A few words that will find something. */
  readonly suggestions: readonly string[]
  /** The best hits first, and how many there are in all. */
  search(query: string, limit: number): { readonly total: number; readonly hits: readonly Hit[] }
}

/** Reads the tenant's documents and indexes them: tens of milliseconds of processor time. */
export function buildTenantIndex(tenant: string, documentCount: number): TenantIndex {
  const documents = documentsOf(tenant, documentCount)
  const byId = new Map(documents.map((document) => [document.id, document]))
  const index = new MiniSearch<TenantDocument>({ fields: ['title', 'text', 'kind'] })
  index.addAll(documents)
  const trade = tradeOf(tenant)
  return {
    tenant,
    trade: trade.name,
    documentCount: documents.length,
    termCount: index.termCount,
    suggestions: trade.things.slice(0, 4),
    search(query, limit) {
      const results = index.search(query, {
        boost: { title: 3 },
        combineWith: 'AND',
        prefix: (term) => term.length > 3,
        fuzzy: (term) => (term.length > 5 ? 1 : false),
      })
      const hits = results.slice(0, limit).flatMap(({ id, score, terms }) => {
        const document = byId.get(id as number)
        return document === undefined ? [] : [toHit(document, score, terms)]
      })
      return { total: results.length, hits }
    },
  }
}

function toHit(document: TenantDocument, score: number, terms: readonly string[]): Hit {
  const { id, kind, title, text } = document
  return {
    id,
    kind,
    title,
    excerpt: bestSentence(text, terms),
    score: Math.round(score * 100) / 100,
  }
}

function bestSentence(text: string, terms: readonly string[]): string {
  let best = ''
  let most = -1
  for (const sentence of text.split(/(?<=\.) /)) {
    const lowered = sentence.toLowerCase()
    const found = terms.filter((term) => lowered.includes(term)).length
    if (found > most) {
      best = sentence
      most = found
    }
  }
  return best
}

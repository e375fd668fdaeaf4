/** A tenant's documents: always the same for the same tenant, different from every other's. */
import { between, createRandom, pick, type Random } from './random.ts'
import {
  adjectives,
  adverbs,
  firstNames,
  kinds,
  lastNames,
  places,
  sentences,
  type Trade,
  topics,
  trades,
} from './vocabulary.ts'

export interface TenantDocument {
  /** From 1, in the order in which they were written. */
  readonly id: number
  readonly kind: string
  readonly title: string
  readonly text: string
}

/** Sentences of the shortest and of the longest document. */
const sentenceCount = { least: 6, most: 18 }

/** The trade that a tenant's documents are about. */
export function tradeOf(tenant: string): Trade {
  return pick(createRandom(`trade of ${tenant}`), trades)
}

/** What a real application would read from a disk or a database. */
export function documentsOf(tenant: string, count: number): TenantDocument[] {
  const random = createRandom(tenant)
  const trade = tradeOf(tenant)
  return Array.from({ length: count }, (_, index) => writeDocument(random, trade, index + 1))
}

function writeDocument(random: Random, trade: Trade, id: number): TenantDocument {
  const { kind, title } = pick(random, kinds)
  const length = between(random, sentenceCount.least, sentenceCount.most)
  const text = Array.from({ length }, () => fillIn(random, trade, pick(random, sentences)))
  return { id, kind, title: fillIn(random, trade, title), text: text.join(' ') }
}

/** Replaces each word in braces by one that it stands for, then mends "a apple". */
function fillIn(random: Random, trade: Trade, pattern: string): string {
  return pattern
    .replace(/\{(\w+)\}/g, (_, slot: string) => wordFor(random, trade, slot))
    .replace(/\b([Aa]) (?=[aeiou])/g, '$1n ')
}

function wordFor(random: Random, trade: Trade, slot: string): string {
  switch (slot) {
    case 'adjective':
      return pick(random, adjectives)
    case 'adverb':
      return pick(random, adverbs)
    case 'deed':
      return pick(random, trade.deeds)
    case 'name':
      return `${pick(random, firstNames)} ${pick(random, lastNames)}`
    case 'number':
      return String(between(random, 100, 9999))
    case 'place':
      return pick(random, places)
    case 'thing':
      return pick(random, trade.things)
    case 'topic':
      return pick(random, topics)
    default:
      throw new RangeError(`no words for {${slot}}`)
  }
}

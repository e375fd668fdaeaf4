import { type Link, maxChainLength } from '@resumelb/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ChainBuilder } from '../../src/classify/chain-builder.ts'

const blockLength = 2048

function chainOf(...pieces: string[]) {
  const builder = new ChainBuilder('model')
  for (const piece of pieces) builder.add(piece)
  return builder.chain
}

/** A text in which no two blocks are the same. */
const textOf = (blocks: number) =>
  Array.from({ length: blocks }, (_, i) => `${i}`.padEnd(blockLength, '.')).join('')

describe('the chain of a text', () => {
  test('has a link for each complete block', () => {
    expect(chainOf(textOf(1).slice(1))).toEqual([])
    expect(chainOf(textOf(1))).toHaveLength(1)
    expect(chainOf(`${textOf(7)}rest`)).toHaveLength(7)
  })

  test('does not depend on how the text was cut to pieces', () => {
    const text = textOf(6)
    const cuts = fc.array(fc.nat(text.length), { maxLength: 20 })
    fc.assert(
      fc.property(cuts, (at) => {
        const ends = [...at.sort((a, b) => a - b), text.length]
        const pieces = ends.map((end, i) => text.slice(ends[i - 1] ?? 0, end))
        expect(chainOf(...pieces)).toEqual(chainOf(text))
      }),
    )
  })

  test('begins with that of its beginning', () => {
    const long = chainOf(textOf(200))
    for (const blocks of [1, 3, 100, 199]) {
      expect(long.slice(0, blocks)).toEqual(chainOf(textOf(blocks)))
    }
  })

  test('depends on everything before', () => {
    expect(chainOf(`x${textOf(3).slice(1)}`)).not.toContain(chainOf(textOf(3))[2])
    expect(new Set(chainOf(textOf(1).repeat(50))).size).toBe(50)
    const other = new ChainBuilder('other')
    other.add(textOf(1))
    expect(other.chain).not.toEqual(chainOf(textOf(1)))
  })

  test('is never too long, and its links stand for equally many blocks', () => {
    const builder = new ChainBuilder('model')
    const all: Link[] = []
    for (let blocks = 1; blocks <= 2100; blocks++) {
      builder.add(`${blocks}`.padEnd(blockLength, '.'))
      const { chain } = builder
      all.push(blocks <= maxChainLength ? (chain.at(-1) as Link) : 0)
      let stride = 1
      while (Math.floor(blocks / stride) > maxChainLength) stride *= 2
      expect(chain).toHaveLength(Math.floor(blocks / stride))
      const kept = all.slice(0, maxChainLength).filter((_, i) => (i + 1) % stride === 0)
      expect(chain.slice(0, kept.length)).toEqual(kept)
    }
  })
})

test('the bytes of a text are those of UTF-8', () => {
  const builder = new ChainBuilder('')
  for (const piece of ['a', 'é', '€', '\u{1f600}']) builder.add(piece)
  expect(builder.bytes).toBe(10)
})

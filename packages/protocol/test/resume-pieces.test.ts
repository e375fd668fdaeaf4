import { describe, expect, test } from 'vitest'
import { pack } from '../src/packed.ts'
import { ResumePieces } from '../src/resume-pieces.ts'

const rows = (count: number) =>
  new Map(
    Array.from({ length: count }, (_, at) => [`class-${at}`, [1 + at, 0.5, 2, 0.25]] as const),
  )

function piecesOf(value: unknown): ResumePieces {
  const bytes = pack(value)
  const around = Buffer.concat([Buffer.alloc(3), bytes, Buffer.alloc(3)])
  return new ResumePieces(around, 3, 3 + bytes.length)
}

describe('ResumePieces', () => {
  test.each([0, 1, 15, 16, 2_500, 70_000])('reads all of %d classes in order', (count) => {
    const pieces = piecesOf(rows(count))
    const read: string[] = []
    expect(pieces.left).toBe(count)
    do {
      const piece = pieces.take(1_000)
      expect(piece.size).toBeLessThanOrEqual(1_000)
      read.push(...piece.keys())
    } while (pieces.left > 0)
    expect(read).toEqual([...rows(count).keys()])
  })

  test('reads skills and what has faded', () => {
    const pieces = piecesOf(new Map<string, unknown>([...rows(1), ['gone', null]]))
    expect([...pieces.take(10)]).toEqual([
      ['class-0', { score: 1, seconds: 0.5, count: 2, rate: 0.25 }],
      ['gone', null],
    ])
  })

  test.each([[7], ['text'], [[1, 2]], [null]])('refuses %j, which is no map', (value) => {
    expect(() => piecesOf(value)).toThrow(expect.objectContaining({ code: 'BAD_MESSAGE' }))
  })

  test('refuses a map that announces more than is there, when it comes to that', () => {
    const bytes = Buffer.from(pack(rows(16)))
    bytes[2] = 17
    const pieces = new ResumePieces(bytes, 0, bytes.length)
    expect(pieces.take(10).size).toBe(10)
    expect(() => pieces.take(10)).toThrow(expect.objectContaining({ code: 'BAD_MESSAGE' }))
  })

  test.each([0, 3])('refuses bytes behind a map of %d', (count) => {
    const bytes = Buffer.concat([pack(rows(count)), Buffer.from([0xc0])])
    const read = () => new ResumePieces(bytes, 0, bytes.length).take(10)
    expect(read).toThrow(expect.objectContaining({ code: 'BAD_MESSAGE' }))
  })
})

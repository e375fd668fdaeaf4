import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { linkOf } from '../src/chain.ts'
import {
  endRow,
  plainEnd,
  readEnd,
  readRequestHead,
  readResponseEnd,
  readResponseHead,
  requestRow,
  responseRow,
} from '../src/message.ts'
import { pack, unpack } from '../src/packed.ts'
import { overWire, requestHead } from './support/samples.ts'

const badMessage = expect.objectContaining({ code: 'BAD_MESSAGE' })
const measure = fc.double({ min: 0, max: 1e9, noNaN: true })
const positive = fc.double({ min: 1e-9, max: 1e9, noNaN: true })
const skill = fc.record({
  score: positive,
  seconds: measure,
  count: measure,
  rate: measure,
})
const sizedSkill = fc
  .record({
    skill,
    fixed: measure,
    perUnit: measure,
    rest: fc.option(positive, { nil: undefined }),
  })
  .map(({ skill: mean, rest, ...size }) => ({ ...mean, ...size, ...(rest && { rest }) }))
const others = fc.record({ requests: measure, seconds: measure })
const streamEnd = fc.oneof(
  fc.record({ trailers: fc.string() }),
  fc.record({
    trailers: fc.string(),
    report: fc.oneof(
      fc.record({ seconds: measure, others }),
      fc.record({ seconds: measure, others, skill }),
      fc.record({ seconds: measure, others, skill: sizedSkill }),
      fc.record({ seconds: measure, others, skill: sizedSkill, depth: fc.nat(256) }),
    ),
  }),
)

/** The row with another value at one place. */
const changed = (row: readonly unknown[], place: number, value: unknown) =>
  row.map((each, i) => (i === place ? value : each))

describe('a request head', () => {
  test('arrives as it was sent', () => {
    expect(readRequestHead(overWire(requestRow(requestHead, true)))).toEqual(requestHead)
  })

  test('may have more places in a later version', () => {
    expect(
      readRequestHead([...requestRow({ ...requestHead, units: 1, chain: [1] }, true), 'new']),
    ).toEqual({ ...requestHead, units: 1, chain: [1] })
  })

  test('carries size and chain to receivers that know them', () => {
    const chain = [1, 2 ** 48 - 1, linkOf('a', 'b')]
    for (const more of [{ units: 0 }, { units: 2.5, chain }, { units: undefined, chain }]) {
      const head = { ...requestHead, ...more }
      expect(readRequestHead(overWire(requestRow(head, true)))).toEqual(head)
      expect(requestRow(head, false)).toEqual(requestRow(requestHead, true))
    }
  })

  test.each([
    ['negative units', [-1]],
    ['infinite units', [Number.POSITIVE_INFINITY]],
    ['units of another type', ['7']],
    ['a chain of another type', [false, 7]],
    ['a chain with half a link', [false, 'AAAA']],
    ['a chain with a link 0', [false, 'AAAAAAAA']],
    ['a chain that is no base64', [false, '....!..=']],
    ['a chain that is too long', [false, 'AAAAAAAB'.repeat(257)]],
  ])('is refused with %s', (_what, places) => {
    const row = [...requestRow(requestHead, true), ...places]
    expect(() => readRequestHead(row)).toThrow(badMessage)
  })

  test.each([
    ['method', 0, 7],
    ['url', 1, null],
    ['headers', 2, ['a', 'b']],
    ['class', 3, undefined],
    ['class, too long', 3, 'x'.repeat(257)],
    ['id', 4, 1],
    ['remote address', 5, null],
    ['remote port', 6, '80'],
    ['HTTP version', 8, 1.1],
  ])('is refused without its %s', (_field, place, value) => {
    const row = changed(requestRow(requestHead, true), place, value)
    expect(() => readRequestHead(row)).toThrow(badMessage)
  })

  test.each([null, 'text', new Map(), [], ['GET', '/']])('is not %j', (value) => {
    expect(() => readRequestHead(value)).toThrow(badMessage)
  })
})

describe('a response head', () => {
  const head = { status: 404, reason: 'Gone away', headers: 'A\nb' }

  test('arrives as it was sent, with and without an end', () => {
    fc.assert(
      fc.property(streamEnd, (end) => {
        const row = overWire(responseRow(head, end))
        expect(readResponseHead(row)).toEqual(head)
        expect(readResponseEnd(row)).toEqual(end)
      }),
    )
    const row = overWire(responseRow(head, undefined))
    expect(readResponseHead(row)).toEqual(head)
    expect(readResponseEnd(row)).toBe(plainEnd)
  })

  test('fits into a flat row with the longest end', () => {
    const mean = { score: 1, seconds: 1, count: 1, rate: 1 }
    const sized = { ...mean, fixed: 1, perUnit: 1, rest: 1 }
    const report = { seconds: 1, others: { requests: 1, seconds: 1 }, skill: sized, depth: 1 }
    expect(responseRow(head, { trailers: 'A\nb', report })).toHaveLength(15)
  })

  test.each([100, 101, 200, 599, 999])('may have the status %d', (status) => {
    expect(readResponseHead([status, '', '']).status).toBe(status)
  })

  test.each([0, 99, 1000, 200.5, -1, Number.NaN, '200', 200n])('is refused with %s', (status) => {
    expect(() => readResponseHead([status, '', ''])).toThrow(badMessage)
  })

  test.each([
    ['reason', [200, 1, '']],
    ['headers', [200, '', null]],
  ])('is refused without its %s', (_field, row) => {
    expect(() => readResponseHead(row)).toThrow(badMessage)
  })
})

describe('an end', () => {
  test('arrives as it was sent', () => {
    fc.assert(
      fc.property(streamEnd, (end) => {
        expect(readEnd(overWire(endRow(end)))).toEqual(end)
      }),
    )
  })

  test('takes one byte when it has nothing to tell', () => {
    expect(pack(endRow(plainEnd))).toHaveLength(1)
  })

  test.each([
    ['trailers that are no text', [1]],
    ['half a report', ['', 1, 2]],
    ['half a skill', ['', 1, 2, 3, 4, 5]],
    ['a service time below 0', ['', -1, 0, 0]],
    ['an endless service time', ['', Number.POSITIVE_INFINITY, 0, 0]],
    ['no number of requests', ['', 1, Number.NaN, 0]],
    ['a score of 0', ['', 1, 0, 0, 0, 1, 1, 1]],
    ['a rate below 0', ['', 1, 0, 0, 1, 1, 1, -1]],
  ])('is refused with %s', (_rule, row) => {
    expect(() => readEnd(row)).toThrow(badMessage)
  })
})

test('whatever random MessagePack holds, readers return or throw a BAD_MESSAGE', () => {
  const readers = [readRequestHead, readResponseHead, readResponseEnd, readEnd]
  const scalar = fc.oneof(fc.string(), fc.double(), fc.integer(), fc.constant(null), fc.boolean())
  fc.assert(
    fc.property(fc.array(scalar, { maxLength: 12 }), (row) => {
      const bytes = pack(row)
      for (const read of readers) {
        try {
          read(unpack(bytes, 0, bytes.length))
        } catch (error) {
          expect(error).toMatchObject({ code: 'BAD_MESSAGE' })
        }
      }
    }),
  )
})

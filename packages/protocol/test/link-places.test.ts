import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LinkPlaces } from '../src/link-places.ts'

const mask = 2 ** 16 - 1

describe('LinkPlaces', () => {
  test('are places of the table', () => {
    const link = fc.integer({ min: 1, max: 2 ** 48 - 1 })
    fc.assert(
      fc.property(link, fc.integer({ min: 1, max: 31 }), (link, bits) => {
        const places = new LinkPlaces()
        const last = 2 ** bits - 1
        const place = places.of(link, last)
        expect(place).toBe(places.of(link, last))
        expect(place).toBeGreaterThanOrEqual(0)
        expect(place).toBeLessThanOrEqual(last)
      }),
    )
  })

  test('links that meet in one table do not meet in another', () => {
    const first = new LinkPlaces([0x1d872b41, 0x6c078965])
    const second = new LinkPlaces([0x2545f491, 0x7fb5d329])
    const meeting: number[] = []
    for (let link = 2 ** 40; meeting.length < 100; link += 65_537) {
      if (first.of(link, mask) === 0) meeting.push(link)
    }
    expect(new Set(meeting.map((link) => second.of(link, mask))).size).toBeGreaterThan(90)
  })

  test('both halves of a link count', () => {
    const places = new LinkPlaces([0x1d872b41, 0x6c078965])
    const place = places.of(1, mask)
    expect(places.of(2, mask)).not.toBe(place)
    expect(places.of(2 ** 32 + 1, mask)).not.toBe(place)
  })
})

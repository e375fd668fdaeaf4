import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LastTwo } from '../src/last-two.ts'

test('knows when anything else was seen last', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3 })), (things) => {
      const last = new LastTwo<number>()
      for (const [now, thing] of things.entries()) last.see(thing, now)
      for (let thing = 0; thing <= 4; thing++) {
        const at = things.findLastIndex((other) => other !== thing)
        expect(last.lastOtherThan(thing)).toBe(at < 0 ? Number.NEGATIVE_INFINITY : at)
      }
    }),
  )
})

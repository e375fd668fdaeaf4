import { ManualClock } from '@resumelb/common/testing'
import { expect, test } from 'vitest'
import { Pacing } from '../../src/warm-up/pacing.ts'

test.each([
  ['as long as each took, if the worker has one slot', 1, 100],
  ['a quarter of that, if it has four', 4, 25],
])(
  'clients get time between the requests that prepare classes: %s',
  async (_what, slots, pause) => {
    const clock = new ManualClock()
    const pacing = new Pacing(clock, () => slots)
    let begun = 0
    const begin = () => void pacing.pause().then(() => begun++)
    begin()
    await clock.advance(100)
    expect(begun).toBe(1)
    pacing.ended(0)
    begin()
    await clock.advance(pause - 1)
    expect(begun).toBe(1)
    await clock.advance(1)
    expect(begun).toBe(2)
  },
)

test('there is no pause if the worker has no limit', async () => {
  const clock = new ManualClock()
  const pacing = new Pacing(clock, () => Number.POSITIVE_INFINITY)
  await clock.advance(100)
  pacing.ended(0)
  await pacing.pause()
  expect(clock.pending).toBe(0)
})

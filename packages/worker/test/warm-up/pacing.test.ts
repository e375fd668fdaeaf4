import { ManualClock } from '@resumelb/common/testing'
import { expect, test } from 'vitest'
import { Pacing } from '../../src/warm-up/pacing.ts'

/** A worker, whose slots are all taken from {@link fill} to {@link free}. */
function setUp(concurrency: number) {
  const clock = new ManualClock()
  const waiting = new Set<() => void>()
  let isFree = true
  const onceFree = (callback: () => void) => {
    if (isFree) callback()
    else waiting.add(callback)
    return () => void waiting.delete(callback)
  }
  const slots = { onceFree }
  const pacing = new Pacing({ clock, slots, concurrency: () => concurrency })
  const fill = () => {
    isFree = false
  }
  const free = () => {
    isFree = true
    for (const callback of waiting) {
      waiting.delete(callback)
      callback()
    }
  }
  let begun = 0
  const begin = () => pacing.onceDue(() => begun++)
  return { clock, pacing, waiting, fill, free, begin, begun: () => begun }
}

test.each([
  ['as long as each took, if the worker has one slot', 1, 100],
  ['a quarter of that, if it has four', 4, 25],
])(
  'clients get time between the requests that prepare classes: %s',
  async (_what, slots, pause) => {
    const { clock, pacing, begin, begun } = setUp(slots)
    begin()
    await clock.advance(100)
    expect(begun()).toBe(1)
    pacing.ended(0)
    begin()
    await clock.advance(pause - 1)
    expect(begun()).toBe(1)
    await clock.advance(1)
    expect(begun()).toBe(2)
  },
)

test('there is no pause if the worker has no limit', async () => {
  const { clock, pacing, begin, begun } = setUp(Number.POSITIVE_INFINITY)
  await clock.advance(100)
  pacing.ended(0)
  begin()
  expect([begun(), clock.pending]).toEqual([1, 0])
})

test('requests that prepare classes wait for a slot that no client waits for', async () => {
  const { clock, pacing, fill, free, begin, begun } = setUp(1)
  fill()
  await clock.advance(100)
  pacing.ended(90)
  begin()
  await clock.advance(50)
  expect(begun()).toBe(0)
  free()
  expect([begun(), clock.pending]).toEqual([1, 0])
})

test.each([
  ['ten times as long as the one before took', 10, 10 + 100],
  ['at most a second', 500, 500 + 1000],
])('if all slots are taken, they wait %s', async (_what, took, most) => {
  const { clock, pacing, waiting, fill, begin, begun } = setUp(1)
  fill()
  await clock.advance(1000)
  pacing.ended(1000 - took)
  begin()
  await clock.advance(most - 1)
  expect(begun()).toBe(0)
  await clock.advance(1)
  expect([begun(), waiting.size]).toEqual([1, 0])
})

import { beforeEach, describe, expect, test } from 'vitest'
import { WarmthQueue } from '../src/warmth-queue.ts'
import type { FrameText } from './support/frame-text.ts'
import { ScheduledSocket } from './support/scheduled-socket.ts'

describe('WarmthQueue', () => {
  let wire: ScheduledSocket
  let queue: WarmthQueue
  let everything: number[]

  beforeEach(() => {
    wire = new ScheduledSocket()
    everything = []
    queue = new WarmthQueue(wire.scheduler, () => everything)
  })

  /** What a peer believes that has read the frames. */
  const believed = (all: readonly FrameText[]) => {
    const links = new Set<number>()
    for (const { warmth } of all) {
      if (warmth?.whole) links.clear()
      for (const link of warmth?.warm ?? []) links.add(link)
      for (const link of warmth?.gone ?? []) links.delete(link)
    }
    return links
  }

  test('sends changes that come together in one frame', async () => {
    queue.send({ warm: [1, 2], gone: [] })
    queue.send({ warm: [3], gone: [1] })
    expect(await wire.frames()).toEqual([{ type: 'WARMTH', warmth: { warm: [2, 3], gone: [1] } }])
    expect(await wire.frames()).toEqual([])
  })

  test('says that nothing is warm any more', async () => {
    queue.send({ whole: true, warm: [], gone: [] })
    expect(await wire.frames()).toEqual([
      { type: 'WARMTH', warmth: { whole: true, warm: [], gone: [] } },
    ])
  })

  test('sends everything before what has changed since', async () => {
    const all = Array.from({ length: 12_000 }, (_, i) => i + 1)
    queue.send({ warm: [99_999], gone: [] })
    queue.send({ whole: true, warm: all, gone: [] })
    queue.send({ warm: [77_777], gone: [5] })
    const told = await wire.frames()
    expect(told.map(({ warmth }) => warmth?.whole)).toEqual([true, ...Array(3).fill(undefined)])
    expect(believed(told)).toEqual(new Set([...all.filter((link) => link !== 5), 77_777]))
  })

  test('keeps few changes for a peer that does not read, and then sends everything', async () => {
    await wire.block()
    for (let i = 2; i <= 100_000; i++) queue.send({ warm: [i], gone: [i - 1] })
    everything = [100_000, 7]
    for (let i = 1; i <= 100_000; i++) queue.send({ warm: [200_000 + i], gone: [] })
    const told = await wire.unblock()
    expect(told[0]?.warmth).toMatchObject({ whole: true, warm: [100_000, 7] })
    expect(told.length).toBeLessThan(20)
    expect(believed(told).has(300_000)).toBe(true)
    expect(believed(told).has(99_999)).toBe(false)
  })
})

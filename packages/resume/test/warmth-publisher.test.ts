import { ManualClock } from '@resumelb/common/testing'
import type { WarmthChanges } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import { WarmLinks } from '../src/warm-links.ts'
import { maxLinksAtOnce, WarmthPublisher } from '../src/warmth-publisher.ts'

function publish() {
  const clock = new ManualClock()
  const links = new WarmLinks(1_000_000)
  const published: WarmthChanges[] = []
  const publisher = new WarmthPublisher(links, clock, (changes) => published.push(changes))
  const serve = (...chain: number[]) => {
    links.touch(chain)
    publisher.changed()
  }
  return { clock, links, published, publisher, serve }
}

describe('what is warm', () => {
  test('is published at once, and then together until it may be again', async () => {
    const { clock, published, serve } = publish()
    serve(1)
    serve(2)
    serve(3)
    expect(published).toEqual([{ warm: [1], gone: [] }])
    await clock.advance(50)
    expect(published.slice(1)).toEqual([{ warm: [2, 3], gone: [] }])
    await clock.advance(1_000)
    expect([published.length, clock.pending]).toEqual([2, 0])
  })

  test('is not published if nothing has changed', () => {
    const { clock, published, serve } = publish()
    serve(1)
    serve(1)
    expect([published.length, clock.pending]).toEqual([1, 0])
  })

  test('is published in at most 20 frames a second, however many conversations there are', async () => {
    const { clock, published, serve } = publish()
    for (let i = 1; i <= 100; i++) {
      for (let j = 1; j <= 1_000; j++) serve(1, 1_000 * i + j)
      await clock.advance(10)
    }
    expect(published.length).toBeLessThanOrEqual(21)
    for (const { warm } of published) expect(warm.length).toBeLessThanOrEqual(maxLinksAtOnce)
    await clock.advance(2_000)
    expect(published.flatMap(({ warm }) => warm)).toHaveLength(100_001)
  })

  test('is not published any more after the end', async () => {
    const { clock, published, publisher, serve } = publish()
    serve(1)
    serve(2)
    publisher.stop()
    await clock.advance(1_000)
    expect(published).toHaveLength(1)
  })
})

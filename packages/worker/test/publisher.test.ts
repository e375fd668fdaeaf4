import { ManualClock } from '@resumelb/common/testing'
import type { Load, ResumeChanges } from '@resumelb/protocol'
import { ResumeKeeper } from '@resumelb/resume'
import { describe, expect, test } from 'vitest'
import { Publisher } from '../src/publisher.ts'

const load: Load = { state: 'ready', concurrency: 4, requests: 0, eventLoopDelay: 3 }

function publish() {
  const loads: Load[] = []
  const changes: ResumeChanges[] = []
  const keeper = new ResumeKeeper()
  const clock = new ManualClock()
  const publisher = new Publisher(
    { tellLoad: (each) => loads.push(each), tellResume: (each) => changes.push(each) },
    keeper,
    clock,
  )
  return { loads, changes, keeper, publisher, clock }
}

describe('the load', () => {
  test('is published when it changes', () => {
    const { loads, publisher } = publish()
    for (const requests of [0, 0, 1]) publisher.publishLoad({ ...load, requests })
    expect(loads.map(({ requests }) => requests)).toEqual([0, 1])
  })

  test('is not published for a slightly different delay of the event loop', () => {
    const { loads, publisher } = publish()
    for (const eventLoopDelay of [3, 4, 40]) publisher.publishLoad({ ...load, eventLoopDelay })
    expect(loads.map(({ eventLoopDelay }) => eventLoopDelay)).toEqual([3, 40])
  })
})

describe('the résumé', () => {
  test('is published with what has changed, and not if nothing has', () => {
    const { changes, keeper, publisher } = publish()
    publisher.publishResume(10)
    keeper.finish('a', 0.1, 10)
    publisher.publishResume(20)
    publisher.publishResume(30)
    expect(changes.map((each) => [...each.keys()])).toEqual([['a']])
  })

  test('is published in at most 20 frames a second, however many classes are new', async () => {
    const { changes, keeper, publisher, clock } = publish()
    const known = new Set<string>()
    for (let i = 0; i < 500; i++) {
      const now = clock.now() / 1000
      keeper.finish(`${i % 250}`, { seconds: 0.1, units: 100 + i }, now)
      publisher.publishResume(now)
      await clock.advance(2)
    }
    expect(changes.length).toBeGreaterThan(10)
    expect(changes.length).toBeLessThanOrEqual(21)
    await clock.advance(100)
    for (const each of changes) for (const name of each.keys()) known.add(name)
    expect([known.size, clock.pending]).toEqual([250, 0])
  })

  test('is not published any more once the worker is closed', async () => {
    const { changes, keeper, publisher, clock } = publish()
    for (const units of [100, 200, 800, 9_000, 90_000]) {
      keeper.finish('a', { seconds: 0.1, units }, 0)
      publisher.publishResume(0)
    }
    const before = changes.length
    publisher.stop()
    await clock.advance(1_000)
    expect([changes.length, clock.pending]).toEqual([before, 0])
  })

  test('for a new load balancer is created once between two publications', () => {
    const { keeper, publisher } = publish()
    keeper.finish('a', 0.1, 10)
    const resume = publisher.helloResume(10)
    expect([...resume.keys()]).toEqual(['a'])
    keeper.finish('b', 0.1, 10)
    expect(publisher.helloResume(10)).toBe(resume)
    publisher.publishResume(20)
    expect([...publisher.helloResume(20).keys()]).toEqual(['a', 'b'])
  })
})

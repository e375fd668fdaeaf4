import { ManualClock } from '@resumelb/common/testing'
import type { ResumeChanges } from '@resumelb/protocol'
import { describe, expect, test } from 'vitest'
import { NewClassPublisher } from '../src/new-class-publisher.ts'
import { ResumeKeeper } from '../src/resume-keeper.ts'

function setUp() {
  const clock = new ManualClock()
  const keeper = new ResumeKeeper()
  const published: ResumeChanges[] = []
  const publisher = new NewClassPublisher(keeper, clock, (changes) => published.push(changes))
  const serve = (name: string, seconds = 0.2) => {
    publisher.served(name, keeper.finish(name, seconds, clock.now() / 1000))
  }
  /** Counts of skills by class, in the order of publication; null for those that are gone. */
  const counts = () =>
    published.map((changes) =>
      Object.fromEntries(
        [...changes].map(([name, skill]) => [name, skill === null ? null : skill.count]),
      ),
    )
  return { clock, keeper, published, publisher, serve, counts }
}

describe('a class that is new to a worker', () => {
  test('is published before it is served, with what is expected of it', async () => {
    const { clock, keeper, published, publisher } = setUp()
    keeper.finish('known', 0.25, 0)
    expect([publisher.begin('a'), publisher.begin('b'), publisher.begin('known')]).toEqual([
      true,
      true,
      false,
    ])
    expect(published).toEqual([])
    await clock.advance(5)
    const skill = { score: 4, seconds: 0.25, count: 0, rate: 0 }
    expect(published).toEqual([new Map(Object.entries({ a: skill, b: skill }))])
    publisher.begin('a')
    await clock.advance(1000)
    expect([published.length, clock.pending]).toEqual([1, 0])
  })

  test('is published with a finite score where requests take no time', async () => {
    const { clock, keeper, published, publisher } = setUp()
    keeper.finish('known', 0, 0)
    publisher.begin('a')
    await clock.advance(5)
    expect(published[0]?.get('a')).toEqual({ score: 1e6, seconds: 0, count: 0, rate: 0 })
  })

  test('is published as soon as it is served, until it has been eight times', async () => {
    const { clock, publisher, serve, counts } = setUp()
    publisher.begin('a')
    for (let i = 0; i < 12; i++) {
      serve('a')
      await clock.advance(5)
    }
    publisher.end('a')
    await clock.advance(5)
    expect(counts().map(({ a }) => Math.round(a ?? 0))).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  test('is taken back when none of its requests was served', async () => {
    const { clock, publisher, counts } = setUp()
    publisher.begin('a')
    publisher.begin('a')
    await clock.advance(5)
    publisher.end('a')
    await clock.advance(5)
    expect(counts()).toEqual([{ a: 0 }])
    publisher.end('a')
    await clock.advance(5)
    expect(counts()).toEqual([{ a: 0 }, { a: null }])
  })

  test('is not published beyond 1,024 at once, however many are invented', async () => {
    const { clock, published, publisher } = setUp()
    for (let i = 0; i < 5000; i++) publisher.begin(`invented${i}`)
    await clock.advance(5)
    expect(published.map(({ size }) => size)).toEqual([1024])
    publisher.end('invented0')
    expect(publisher.begin('invented5000')).toBe(true)
  })

  test('is not published after the end', async () => {
    const { clock, published, publisher } = setUp()
    publisher.begin('a')
    publisher.stop()
    await clock.advance(1000)
    expect(published).toEqual([])
  })
})

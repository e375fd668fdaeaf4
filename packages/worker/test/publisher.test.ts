import type { Load, ResumeChanges } from '@resumelb/protocol'
import { ResumeKeeper } from '@resumelb/resume'
import { describe, expect, test } from 'vitest'
import { Publisher } from '../src/publisher.ts'

const load: Load = { state: 'ready', concurrency: 4, requests: 0, eventLoopDelay: 3 }

function publish() {
  const loads: Load[] = []
  const changes: ResumeChanges[] = []
  const keeper = new ResumeKeeper()
  const publisher = new Publisher(
    { tellLoad: (each) => loads.push(each), tellResume: (each) => changes.push(each) },
    keeper,
  )
  return { loads, changes, keeper, publisher }
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

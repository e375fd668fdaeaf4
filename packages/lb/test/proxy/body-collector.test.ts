import { awakeClockOf } from '@resumelb/common'
import { ManualClock } from '@resumelb/common/testing'
import { describe, expect, test } from 'vitest'
import type { HttpExchange } from '../../src/http/http-exchange.ts'
import { noFacts } from '../../src/http/request-fields.ts'
import { BodyCollector, type Collecting } from '../../src/proxy/body-collector.ts'

type Given = Partial<ReturnType<typeof noFacts>> & { refusal?: 'BAD_HOST' }

const yes = () => true

function setUp({ readsBody }: { readsBody?: (() => boolean) | undefined } = { readsBody: yes }) {
  const clock = new ManualClock()
  const deadlines = awakeClockOf(clock)
  const limits = { maxClassifiedBody: 100, maxClassifiedBodies: 250, classifyTimeout: 1000 }
  const classifier = { readsBody, classify: () => ({ requestClass: 'a' }) }
  const unread: string[] = []
  const collector = new BodyCollector(limits, deadlines, classifier, (cause) => unread.push(cause))
  const httpOf = ({ refusal, ...facts }: Given) =>
    ({ refusal, request: {}, facts: { ...noFacts(), ...facts } }) as unknown as HttpExchange
  const late: Collecting[] = []
  const begin = (contentLength = 100) => {
    const http = httpOf({ contentLength })
    const item: Collecting = {
      ...{ http, keepsBody: false, bytesKept: 0, pick: { requestClass: '' } },
      onCollectTimeout: () => late.push(item),
    }
    if (collector.reads(http)) collector.begin(item)
    return item
  }
  return { clock, deadlines, collector, httpOf, begin, late, unread }
}

describe('the body of a request is read before it is classified', () => {
  test.each<[string, Given, boolean]>([
    ['if its length is known', { contentLength: 17 }, true],
    ['if its length is unknown', { contentLength: -1 }, true],
    ['unless it is too long', { contentLength: 101 }, false],
    ['unless there is none', { contentLength: 0 }, false],
    ['unless the request is refused', { contentLength: 17, refusal: 'BAD_HOST' }, false],
    ['unless it asks for an upgrade', { contentLength: -1, upgrade: 'websocket' }, false],
    ['unless the load balancer answers it', { contentLength: 17, isForUs: true }, false],
  ])('%s', (_when, given, reads) => {
    const { collector, httpOf } = setUp()
    expect(collector.reads(httpOf(given))).toBe(reads)
  })

  test('only if the classifier needs it', () => {
    for (const readsBody of [() => false, undefined]) {
      const { collector, httpOf } = setUp({ readsBody })
      expect(collector.reads(httpOf({ contentLength: 17 }))).toBe(false)
    }
  })

  test('as long as all bodies that are kept are not too long together', () => {
    const { begin, collector, unread } = setUp()
    const items = [begin(), begin(), begin()] as const
    expect(items.map((item) => collector.take(item, 100))).toEqual([true, true, false])
    expect(begin().keepsBody).toBe(false)
    collector.classify(items[0], undefined)
    expect(begin().keepsBody).toBe(false)
    collector.release(items[0])
    collector.release(items[0])
    expect([begin(50).keepsBody, begin(51).keepsBody]).toEqual([true, false])
    expect(unread).toEqual(['NO_ROOM', 'NO_ROOM', 'NO_ROOM', 'NO_ROOM'])
  })

  test('as long as it is not too long itself', () => {
    const { begin, collector, unread } = setUp()
    const item = begin(-1)
    expect([60, 40, 1].map((bytes) => collector.take(item, bytes))).toEqual([true, true, false])
    expect(unread).toEqual(['TOO_LONG'])
  })
})

test('a body that does not come in time is given up', async () => {
  const { clock, deadlines, collector, begin, late, unread } = setUp()
  const [first, second] = [begin(10), begin(10)]
  collector.classify(second, undefined)
  expect(second.pick.requestClass).toBe('a')
  await clock.advance(500)
  const third = begin(10)
  const released = begin(10)
  collector.sweep(deadlines.now())
  expect(late).toEqual([])
  collector.release(released)
  await clock.advance(500)
  collector.sweep(deadlines.now())
  expect(late).toEqual([first])
  await clock.advance(500)
  collector.sweep(deadlines.now())
  collector.sweep(deadlines.now())
  expect(late).toEqual([first, third])
  expect(unread).toEqual(['TIMEOUT', 'TIMEOUT'])
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@resumelb/common'
import { ManualClock } from '@resumelb/common/testing'
import { expect, onTestFinished, test } from 'vitest'
import type { WorkerUpdate } from '../../../src/pool/pool.ts'
import { MeasuredResume } from '../../../src/workers/upstream/measured-resume.ts'
import { resolveUpstreamOptions } from '../../../src/workers/upstream/options.ts'

function measure(options: { resumeDir?: string; upstreamBalancers?: number } = {}) {
  const clock = new ManualClock()
  const published: WorkerUpdate[] = []
  const upstream = resolveUpstreamOptions(options)
  const context = { clock, log: silentLogger, upstream }
  const resume = new MeasuredResume('http://a:1', context, (news) => published.push(news))
  return { clock, published, resume }
}

/** A request that took so many seconds. */
const served = (seconds: number, isGood = true) => ({
  seconds,
  sentAt: 0,
  isGood,
  sized: undefined,
})

test('what was measured is published once per interval', async () => {
  const { clock, published, resume } = measure()
  resume.finish('a', served(0.1), 4)
  resume.finish('b', served(0.1), 4)
  await clock.advance(999)
  expect(published).toEqual([])
  await clock.advance(1)
  expect(published.map(({ changes }) => [...changes!.keys()])).toEqual([['a', 'b']])
})

test('a failure is no skill, and nothing is published of it', async () => {
  const { clock, published, resume } = measure()
  expect(resume.finish('a', served(0.1, false), 4)).toEqual({
    seconds: 0.1,
    others: { requests: 0, seconds: 0 },
  })
  await clock.advance(2_000)
  expect([resume.skills.size, published]).toEqual([0, []])
})

test('nothing is published after the end', async () => {
  const { clock, published, resume } = measure()
  resume.finish('a', served(0.1), 4)
  await resume.close()
  await clock.advance(2_000)
  expect(published).toEqual([])
})

test('the résumé of a server is kept in a file of its own', async () => {
  const resumeDir = mkdtempSync(join(tmpdir(), 'resumelb-'))
  onTestFinished(() => rmSync(resumeDir, { recursive: true }))
  const before = measure({ resumeDir })
  before.resume.finish('a', served(0.1), 4)
  await before.resume.close()
  const after = measure({ resumeDir })
  await after.resume.load()
  expect([...after.resume.skills.keys()]).toEqual(['a'])
})

test('the load of other load balancers is estimated only if there are any', () => {
  const [alone, beside] = [measure(), measure({ upstreamBalancers: 2 })]
  for (const { resume } of [alone, beside]) resume.finish('a', served(0.1), 1)
  const slow = [alone, beside].map(({ resume }) => resume.finish('a', served(0.3), 1).seconds)
  expect(slow[0]).toBe(0.3)
  expect(slow[1]).toBeLessThan(0.3)
})

test('a server is warm for the chains that it has served, until it cannot be reached', async () => {
  const { clock, published, resume } = measure()
  const chain = [1, 2, 3]
  const ask = (seconds: number) => {
    const sized = resume.sizeOf({ requestClass: 'a', units: 100, chain })!
    sized.begin()
    return resume.finish('a', { seconds, sentAt: 0, isGood: true, sized }, 4)
  }
  expect(ask(1)).toMatchObject({ depth: 0, skill: { perUnit: 0.01 } })
  expect(ask(0.1)).toMatchObject({ depth: 3 })
  expect(published).toEqual([{ warmth: { warm: [3, 2, 1], gone: [] } }])
  resume.forgetWarmth()
  expect(ask(1)).toMatchObject({ depth: 0 })
  await clock.advance(100)
  expect(published[1]?.warmth).toEqual({ whole: true, warm: [3, 2, 1], gone: [] })
})

test('a request without size has none', () => {
  expect(measure().resume.sizeOf({ requestClass: 'a' })).toBeUndefined()
})

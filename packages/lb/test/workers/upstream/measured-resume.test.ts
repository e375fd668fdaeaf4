import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@resumelb/common'
import { ManualClock } from '@resumelb/common/testing'
import type { ResumeChanges } from '@resumelb/protocol'
import { expect, onTestFinished, test } from 'vitest'
import { MeasuredResume } from '../../../src/workers/upstream/measured-resume.ts'
import { resolveUpstreamOptions } from '../../../src/workers/upstream/options.ts'

function measure(options: { resumeDir?: string; upstreamBalancers?: number } = {}) {
  const clock = new ManualClock()
  const published: ResumeChanges[] = []
  const upstream = resolveUpstreamOptions(options)
  const context = { clock, log: silentLogger, upstream }
  const resume = new MeasuredResume('http://a:1', context, (changes) => published.push(changes))
  return { clock, published, resume }
}

test('what was measured is published once per interval', async () => {
  const { clock, published, resume } = measure()
  resume.finish('a', 0.1, true, 4)
  resume.finish('b', 0.1, true, 4)
  await clock.advance(999)
  expect(published).toEqual([])
  await clock.advance(1)
  expect(published.map((changes) => [...changes.keys()])).toEqual([['a', 'b']])
})

test('a failure is no skill, and nothing is published of it', async () => {
  const { clock, published, resume } = measure()
  expect(resume.finish('a', 0.1, false, 4)).toEqual({
    seconds: 0.1,
    others: { requests: 0, seconds: 0 },
  })
  await clock.advance(2_000)
  expect([resume.skills.size, published]).toEqual([0, []])
})

test('nothing is published after the end', async () => {
  const { clock, published, resume } = measure()
  resume.finish('a', 0.1, true, 4)
  await resume.close()
  await clock.advance(2_000)
  expect(published).toEqual([])
})

test('the résumé of a server is kept in a file of its own', async () => {
  const resumeDir = mkdtempSync(join(tmpdir(), 'resumelb-'))
  onTestFinished(() => rmSync(resumeDir, { recursive: true }))
  const before = measure({ resumeDir })
  before.resume.finish('a', 0.1, true, 4)
  await before.resume.close()
  const after = measure({ resumeDir })
  await after.resume.load()
  expect([...after.resume.skills.keys()]).toEqual(['a'])
})

test('the load of other load balancers is estimated only if there are any', () => {
  const [alone, beside] = [measure(), measure({ upstreamBalancers: 2 })]
  for (const { resume } of [alone, beside]) resume.finish('a', 0.1, true, 1)
  const slow = [alone, beside].map(({ resume }) => resume.finish('a', 0.3, true, 1).seconds)
  expect(slow[0]).toBe(0.3)
  expect(slow[1]).toBeLessThan(0.3)
})

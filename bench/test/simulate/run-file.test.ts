import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '@resumelb/common/cli'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Done, Job } from '../../simulate/job.ts'
import { RunFile } from '../../simulate/run-file.ts'

const job: Job = { scenario: 'steady', policy: 'cost', seed: 1 }

function done(of: Job, goodput: number): Done {
  const figures = { hitRate: 1, mean: 2, p50: 2, p99: 3, imbalance: 1, homes: 1 }
  return { job: of, result: { goodput, ...figures, recovery: undefined, timeline: [] } }
}

function setUp(text?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'resumelb-runs-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'runs.jsonl')
  if (text !== undefined) writeFileSync(path, text)
  return path
}

describe('a file of runs', () => {
  test('begins empty, and is made with the first run', () => {
    const path = setUp()
    const file = new RunFile(path)
    expect(file.find(job)).toBeUndefined()
    file.add(done(job, 10))
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(2)
  })

  test('has the runs that were added, at once and when it is read again', () => {
    const path = setUp()
    const file = new RunFile(path)
    file.add(done(job, 10))
    file.add(done({ ...job, seed: 2 }, 20))
    for (const read of [file, new RunFile(path)]) {
      expect(read.find(job)?.result.goodput).toBe(10)
      expect(read.find({ ...job, seed: 2 })?.result.goodput).toBe(20)
    }
  })

  test('keeps apart what differs in scenario, policy or seed only', () => {
    const file = new RunFile(setUp())
    file.add(done(job, 10))
    for (const other of [{ scenario: 'cold' }, { policy: 'random' }, { seed: 2 }]) {
      expect(file.find({ ...job, ...other })).toBeUndefined()
    }
  })

  test('has the last run of those of the same job', () => {
    const path = setUp()
    for (const goodput of [10, 30]) new RunFile(path).add(done(job, goodput))
    expect(new RunFile(path).find(job)?.result.goodput).toBe(30)
  })

  test('passes over empty lines', () => {
    const path = setUp(`\n${JSON.stringify(done(job, 10))}\n\n`)
    expect(new RunFile(path).find(job)?.result.goodput).toBe(10)
  })

  test.each([
    'no JSON',
    '"a text"',
    'null',
    '{}',
    '{"job":{"scenario":"steady"}}',
    '{"result":{}}',
  ])('that holds %s instead is refused by its name and the line, and stays as it is', (line) => {
    const text = `${JSON.stringify(done(job, 10))}\n${line}\n`
    const path = setUp(text)
    expect(() => new RunFile(path)).toThrow(new UsageError(`Expected runs in ${path}, got ${line}`))
    expect(readFileSync(path, 'utf8')).toBe(text)
  })
})

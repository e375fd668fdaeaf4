import { ManualClock } from '@resumelb/common/testing'
import { describe, expect, test } from 'vitest'
import { maxSingleLines, RepeatedLines, summaryInterval } from '../../src/admin/repeated-lines.ts'

function openLines() {
  const clock = new ManualClock()
  const written: object[] = []
  const lines = new RepeatedLines((facts, message) => written.push({ ...facts, message }), clock)
  return { clock, written, lines }
}

describe('RepeatedLines', () => {
  test('writes the first lines of a kind as they come', () => {
    const { written, lines } = openLines()
    lines.write({ id: 1 }, 'failed')
    lines.write({ id: 2 }, 'failed')
    expect(written).toEqual([
      { id: 1, message: 'failed' },
      { id: 2, message: 'failed' },
    ])
  })

  test('sums a storm up, and shows the first line that it left out', async () => {
    const { clock, written, lines } = openLines()
    for (let id = 1; id <= 1000; id++) lines.write({ id }, 'failed')
    expect(written).toHaveLength(maxSingleLines)
    await clock.advance(summaryInterval)
    expect(written.slice(maxSingleLines)).toEqual([
      { id: maxSingleLines + 1, repeated: 990, seconds: 10, message: 'failed' },
    ])
  })

  test('writes lines one by one again when the storm is over', async () => {
    const { clock, written, lines } = openLines()
    lines.write({ id: 1 }, 'failed')
    await clock.advance(summaryInterval)
    expect(clock.pending).toBe(0)
    lines.write({ id: 2 }, 'failed')
    expect(written).toHaveLength(2)
  })

  test('lets no storm hide lines of another kind', () => {
    const { written, lines } = openLines()
    for (let id = 1; id <= 1000; id++) lines.write({ id }, 'failed', 'QUEUE_FULL')
    lines.write({ id: 1001 }, 'failed', 'WORKER_LOST')
    lines.write({ id: 1002 }, 'broke off')
    expect(written.slice(-2)).toEqual([
      { id: 1001, message: 'failed' },
      { id: 1002, message: 'broke off' },
    ])
  })

  test('remembers a bounded number of kinds', () => {
    const { clock, lines } = openLines()
    for (let id = 1; id <= 1000; id++) lines.write({ id }, 'failed', String(id))
    expect(clock.pending).toBeLessThanOrEqual(101)
  })

  test('reports everything by the end', () => {
    const { clock, written, lines } = openLines()
    for (let id = 1; id <= maxSingleLines + 3; id++) lines.write({ id }, 'failed')
    lines.flush()
    expect(written.at(-1)).toMatchObject({ repeated: 3 })
    expect(clock.pending).toBe(0)
  })
})

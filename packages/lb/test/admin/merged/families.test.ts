import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Histogram } from '../../../src/admin/histogram.ts'
import { labelled, mergedFamilies, RetiredFamilies } from '../../../src/admin/merged/families.ts'
import {
  counter,
  type Family,
  gauge,
  histogram,
  one,
  type Sample,
} from '../../../src/admin/metric-family.ts'

const requests = (counts: Readonly<Record<string, number>>) =>
  counter(
    'requests_total',
    'Requests',
    Object.entries(counts).map(([worker, value]) => ({ value, labels: { worker } })),
  )

/** The values by their labels. */
function valuesOf(families: readonly Family[], name: string): Record<string, number> {
  const family = families.find((one) => one.name === name)
  const key = ({ labels, metricName = '' }: Sample) =>
    [metricName, ...Object.values(labels)].filter((part) => part !== '').join(' ')
  return Object.fromEntries((family?.values ?? []).map((sample) => [key(sample), sample.value]))
}

const counts = fc.dictionary(fc.constantFrom('a:1', 'b:2', 'c:3'), fc.nat(1_000))

describe('the metrics of several processes', () => {
  test('count what all of them have counted', () => {
    fc.assert(
      fc.property(fc.array(counts, { minLength: 1, maxLength: 5 }), (all) => {
        const merged = valuesOf(mergedFamilies(all.map((one) => [requests(one)])), 'requests_total')
        const workers = new Set(all.flatMap((one) => Object.keys(one)))
        for (const worker of workers) {
          expect(merged[worker]).toBe(all.reduce((sum, one) => sum + (one[worker] ?? 0), 0))
        }
        expect(Object.keys(merged).sort()).toEqual([...workers].sort())
      }),
    )
  })

  test('have histograms of the durations of all', () => {
    const durations = fc.array(fc.float({ min: 0, max: 100, noNaN: true }))
    fc.assert(
      fc.property(durations, durations, (some, others) => {
        const counted = (seconds: readonly number[]) => {
          const counts = new Histogram()
          for (const one of seconds) counts.observe(one)
          return [histogram('duration_seconds', 'Durations', counts)]
        }
        const merged = valuesOf(
          mergedFamilies([counted(some), counted(others)]),
          'duration_seconds',
        )
        const whole = valuesOf(counted([...some, ...others]), 'duration_seconds')
        const sum = 'duration_seconds_sum'
        expect({ ...merged, [sum]: 0 }).toEqual({ ...whole, [sum]: 0 })
        expect(merged[sum]).toBeCloseTo(whole[sum] ?? 0, 3)
      }),
    )
  })

  test('add up gauges of requests, and take the largest of others', () => {
    const process = (backlog: number, ready: number) => [
      gauge('backlog', 'Requests', [one(backlog)], 'sum'),
      gauge('ready', 'Whether', [one(ready)]),
    ]
    const merged = mergedFamilies([process(2, 0), process(3, 1)])
    expect(valuesOf(merged, 'backlog')).toEqual({ '': 5 })
    expect(valuesOf(merged, 'ready')).toEqual({ '': 1 })
  })

  test('keep the counts of a process that has ended, and no gauges of it', () => {
    const retired = new RetiredFamilies()
    const gone = [
      requests({ 'a:1': 5, 'b:2': 7 }),
      counter('retries_total', 'Retries', [one(3)]),
      gauge('backlog', 'Requests', [one(4)], 'sum'),
    ]
    retired.add(gone)
    retired.add(gone)
    const running = [
      requests({ 'a:1': 1 }),
      counter('retries_total', 'Retries', [one(1)]),
      gauge('backlog', 'Requests', [one(1)], 'sum'),
    ]
    const all = retired.with([running])
    expect(valuesOf(all, 'retries_total')).toEqual({ '': 7 })
    expect(valuesOf(all, 'backlog')).toEqual({ '': 1 })
    // The worker b:2 has gone.
    expect(valuesOf(all, 'requests_total')).toEqual({ 'a:1': 11 })
  })

  test('of the process itself stay apart', () => {
    const memory = (value: number) => [gauge('memory_bytes', 'Memory', [one(value)])]
    const all = mergedFamilies([labelled(memory(1), 'primary'), labelled(memory(2), '1')])
    expect(valuesOf(all, 'memory_bytes')).toEqual({ primary: 1, '1': 2 })
  })
})

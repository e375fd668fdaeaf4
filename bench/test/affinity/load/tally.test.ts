import { describe, expect, test } from 'vitest'
import type { Result } from '../../../affinity/load/job.ts'
import { Tally } from '../../../affinity/load/tally.ts'

const busy = { seconds: 2, generatorBusy: 0.1, processorBusy: 0.2 }

function resultOf(fill: (tally: Tally) => void): Result {
  const tally = new Tally()
  fill(tally)
  return tally.result(busy)
}

describe('Tally', () => {
  test('counts hits, service time and different tenants by worker', () => {
    const result = resultOf((tally) => {
      tally.add({ is: 'answered', tenant: 'a', served: 'w1;miss;200' }, 210)
      tally.add({ is: 'answered', tenant: 'a', served: 'w1;hit;10' }, 11)
      tally.add({ is: 'answered', tenant: 'b', served: 'w2;hit;30' }, 31)
    })
    expect(result).toMatchObject({ asked: 3, answered: 3, hits: 2, shed: {}, seconds: 2 })
    expect(result.workers).toEqual({
      w1: { requests: 2, busy: 0.21, tenants: 1 },
      w2: { requests: 1, busy: 0.03, tenants: 1 },
    })
  })

  test('counts the refused by reason, and leaves them out of the latencies', () => {
    const result = resultOf((tally) => {
      tally.add({ is: 'shed', why: '503' }, 1)
      tally.add({ is: 'shed', why: '503' }, 1)
      tally.add({ is: 'answered', tenant: 'a', served: 'w1;hit;10' }, 100)
    })
    expect(result).toMatchObject({ asked: 3, answered: 1, shed: { '503': 2 } })
    expect(result.latency.p50).toBeCloseTo(100, 0)
  })

  test('takes the time that the unanswered have waited as their latency', () => {
    const result = resultOf((tally) => {
      for (let i = 0; i < 98; i++) {
        tally.add({ is: 'answered', tenant: 'a', served: 'w1;hit;10' }, 10)
      }
      for (let i = 0; i < 2; i++) tally.add({ is: 'unanswered' }, 3000)
    })
    expect(result).toMatchObject({ asked: 100, answered: 98, shed: { 'no answer': 2 } })
    expect(result.latency.p50).toBeCloseTo(10, 0)
    expect(result.latency.p99).toBeGreaterThan(2990)
  })
})

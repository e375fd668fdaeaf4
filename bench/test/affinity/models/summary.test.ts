import { describe, expect, test } from 'vitest'
import type { ModelSample } from '../../../affinity/models/job.ts'
import { durationOf } from '../../../affinity/models/run.ts'
import {
  figuresOf,
  type ModelFigures,
  type ModelRow,
  medianOf,
  modelBars,
} from '../../../affinity/models/summary.ts'

const sample = (at: number, first: number, more: Partial<ModelSample> = {}): ModelSample => {
  return { at, first, end: first + 100, prompt: 1000, cached: 500, failed: 0, ...more }
}

const figures = (mean: number, more: Partial<ModelFigures> = {}): ModelFigures => {
  return { requests: 10, failed: 0, mean, p50: mean, p99: mean, cached: 0.5, end: mean, ...more }
}

/** With a mean for each phase, of one seed. */
function row(name: string, product: ModelRow['product'], means: readonly number[]): ModelRow {
  const [one, restart, four] = means.map((mean) => [figures(mean)])
  return {
    ...{ name, product, note: '', generatorBusy: 0, processorBusy: 0 },
    measured: { 'one balancer': one!, restart: restart!, 'four balancers': four! },
  }
}

describe('figures', () => {
  const samples = [
    sample(0, 10),
    sample(1, 30, { cached: 0, failed: 2 }),
    sample(2, 20, { prompt: 2000, cached: 2000 }),
    sample(3, 1000),
  ]

  test('are of the questions that were due in the time', () => {
    const { requests, mean, p50, p99, end } = figuresOf({ samples }, 0, 3)
    expect({ requests, mean, p50, p99, end }).toEqual({
      ...{ requests: 3, mean: 20, p50: 20, p99: 30, end: 120 },
    })
  })

  test('weigh prompts by their tokens, and count what failed', () => {
    const { cached, failed } = figuresOf({ samples }, 0, 3)
    expect(cached).toBe(2500 / 4000)
    expect(failed).toBe(2)
  })

  test('are medians over the seeds', () => {
    const measured = { ...row('', 'nginx', [1, 1, 1]).measured }
    measured.restart = [figures(30), figures(10), figures(20)]
    expect(medianOf({ measured }, 'restart', 'mean')).toBe(20)
  })
})

describe('bars', () => {
  const others = [row('slow', 'nginx', [200, 200, 100]), row('fast', 'haproxy', [100, 150, 200])]

  test('compare with the best of the others in each phase, and four balancers with one', () => {
    const bars = modelBars({ rows: [row('resumelb', 'resumelb', [50, 150, 60]), ...others] })
    expect(bars.map(({ measured }) => measured)).toEqual([0.5, 1, 0.6, 1.2, 0])
    expect(bars.map(({ isMet }) => isMet)).toEqual([true, false, true, false, true])
    expect(bars[0]?.claim).toContain('(fast)')
    expect(bars[2]?.claim).toContain('(slow)')
  })

  test('are not there without others', () => {
    expect(modelBars({ rows: others })).toEqual([])
    expect(modelBars({ rows: [row('resumelb', 'resumelb', [1, 1, 1])] })).toEqual([])
  })
})

test('the time it takes grows with contestants and seeds', () => {
  const plan = { seeds: [1], seconds: 8, warmUpSeconds: 6 }
  expect(durationOf(7, plan)).toBeLessThan(6 * 60)
  expect(durationOf(7, { ...plan, seeds: [1, 2, 3] })).toBe(3 * durationOf(7, plan))
})

import { describe, expect, test } from 'vitest'
import type { Result } from '../../affinity/load/job.ts'
import {
  bars,
  imbalance,
  medianBy,
  type Outcome,
  type Row,
  restartBars,
  shedRate,
  tenantsPerWorker,
} from '../../affinity/outcome.ts'
import { defaultWorkload } from '../../affinity/workload.ts'

function resultOf(answered: number, p99 = 10): Result {
  return {
    seconds: 1,
    asked: answered,
    answered,
    hits: answered,
    shed: {},
    latency: { mean: 1, p50: 1, p99 },
    workers: {},
    generatorBusy: 0,
    processorBusy: 0,
  }
}

function rowOf(name: string, product: Row['product'], answered: number, p99: number): Row {
  const measured = { saturated: [resultOf(answered)], open: [resultOf(100, p99)] }
  return { name, product, note: '', measured, restarts: [] }
}

function outcomeOf(rows: readonly Row[]): Outcome {
  return {
    workload: defaultWorkload,
    seconds: 1,
    seeds: [1],
    openRates: [1],
    restartRates: [],
    allHits: [resultOf(1000)],
    rows,
    machine: { cores: 2, model: '', node: '', loadBefore: 0 },
  }
}

describe('bars', () => {
  test('compare with the best of the others, not with our own pools', () => {
    const found = bars(
      outcomeOf([
        rowOf('resumelb cost', 'resumelb', 900, 20),
        rowOf('resumelb classic', 'resumelb', 800, 10),
        rowOf('haproxy hash', 'haproxy', 400, 100),
        rowOf('nginx hash', 'nginx', 300, 50),
      ]),
    )
    expect(found.map(({ measured }) => measured)).toEqual([900 / 400, 0.9, 20 / 50])
    expect(found.map(({ isMet }) => isMet)).toEqual([true, true, true])
  })

  test('are not met by less than was promised', () => {
    const found = bars(
      outcomeOf([
        rowOf('resumelb cost', 'resumelb', 790, 26),
        rowOf('haproxy hash', 'haproxy', 400, 50),
      ]),
    )
    expect(found.map(({ isMet }) => isMet)).toEqual([false, false, false])
  })

  test('say nothing if there is no competitor', () => {
    expect(bars(outcomeOf([rowOf('resumelb cost', 'resumelb', 900, 20)]))).toEqual([])
  })
})

describe('bars of restarts', () => {
  test('are hits, and the 99th percentile by that of the same load without restarts', () => {
    const without = [resultOf(1000, 20)]
    const missing = { ...resultOf(1000, 40), hits: 980 }
    const row = rowOf('resumelb warm', 'resumelb', 900, 20)
    const restarts = [{ load: 0.25, without, during: [missing] }]
    expect(restartBars(outcomeOf([{ ...row, restarts }]))).toMatchObject([
      { claim: 'hits during restarts at 25 % load: at least 0.97', measured: 0.98, isMet: true },
      { measured: 2, wanted: 1.5, isMet: false },
    ])
  })

  test('say nothing if no worker warmed up', () => {
    expect(restartBars(outcomeOf([rowOf('resumelb cost', 'resumelb', 900, 20)]))).toEqual([])
  })
})

describe('figures', () => {
  const workers = {
    w1: { requests: 1, busy: 3, tenants: 2 },
    w2: { requests: 1, busy: 1, tenants: 4 },
  }

  test('count workers that served nothing', () => {
    expect(imbalance({ ...resultOf(1), workers }, 4)).toBe(3)
    expect(tenantsPerWorker({ ...resultOf(1), workers }, 4)).toBe(1.5)
  })

  test('shed is what got no good answer, for whatever reason', () => {
    expect(shedRate({ ...resultOf(75), asked: 100 })).toBe(0.25)
  })

  test('are medians over the seeds', () => {
    const results = [resultOf(5), resultOf(1), resultOf(3)]
    expect(medianBy(results, ({ answered }) => answered)).toBe(3)
  })
})

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Contestant } from '../../affinity/contestants/contestant.ts'
import { contestants } from '../../affinity/contestants/contestants.ts'
import { isolationContestants } from '../../affinity/isolation/contestants.ts'
import type { Result } from '../../affinity/load/job.ts'
import { modelContestants } from '../../affinity/models/contestants.ts'
import { modelPhases } from '../../affinity/models/summary.ts'
import { defaultModelWorkload } from '../../affinity/models/workload.ts'
import { defaultWorkload } from '../../affinity/workload.ts'
import { quotesOf } from '../../publish/quotes.ts'
import { replaceRow, replaceSection } from '../../publish/text.ts'

const machine = { cores: 2, model: 'processor', node: 'v20', loadBefore: 0 }

const result = {
  asked: 100,
  answered: 100,
  hits: 97,
  seconds: 2,
  latency: { p50: 10, p99: 80 },
  workers: { a: { busy: 1, tenants: 6 } },
  generatorBusy: 0,
  processorBusy: 0,
} as unknown as Result

const nameOf = ({ name, product, note }: Contestant) => ({ name, product, note })

const outcomes: Readonly<Record<string, unknown>> = {
  affinity: {
    workload: defaultWorkload,
    seconds: 2,
    seeds: [1],
    machine,
    openRates: [100],
    restartRates: [{ load: 0.25, rates: [40] }],
    allHits: [result],
    rows: contestants.map((contestant) => ({
      ...nameOf(contestant),
      measured: { saturated: [result], open: [result] },
      restarts: [{ load: 0.25, without: [result], during: [result] }],
    })),
  },
  isolation: {
    rows: ['100 ms', '60 s'].flatMap((neighbour) =>
      isolationContestants.map((contestant) => ({
        ...nameOf(contestant),
        neighbour,
        rounds: [{ alone: 20, beside: 8848, samples: [] }],
      })),
    ),
  },
  models: {
    workload: defaultModelWorkload,
    seconds: 8,
    restartSeconds: 12,
    seeds: [1],
    machine,
    rows: modelContestants.map((contestant) => ({
      ...nameOf(contestant),
      measured: Object.fromEntries(modelPhases.map((phase) => [phase, [{ mean: 1, cached: 1 }]])),
    })),
  },
  simulation: { seeds: 1, rows: [] },
}

const pageOf = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../${file}`, import.meta.url)), 'utf8')

describe('what the documentation quotes', () => {
  it.each(Object.entries(outcomes))('has a place for %s', (name, outcome) => {
    const { report, rows } = quotesOf(name, outcome)
    if (report !== undefined) replaceSection(pageOf('bench/README.md'), name, report)
    for (const [file, ...cells] of rows) {
      const page = pageOf(file)
      const columns = (text: string): number[] =>
        text.split('\n').map((line) => line.split('|').length)
      expect(columns(replaceRow(page, cells)), `${file}: ${cells[0]}`).toEqual(columns(page))
    }
  })

  it('refuses results without a load balancer that it quotes', () => {
    const { rows, ...others } = outcomes['models'] as { rows: readonly unknown[] }
    expect(() => quotesOf('models', { ...others, rows: rows.slice(1) })).toThrow(
      'The documentation quotes resumelb',
    )
  })
})

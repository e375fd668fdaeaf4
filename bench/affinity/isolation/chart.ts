/** What a tenant's requests take over time, while another tenant comes (SVG). */
import { svgOf } from '../../svg.ts'
import type { Sample } from '../load/job.ts'
import type { IsolationOutcome, IsolationRow } from './run.ts'

const width = 970
const height = 380
const top = 64
const panelWidth = 400
/** Left edges of the panels, one for each neighbour. */
const lefts = [60, 540]

/** Colours that differ for the colour-blind too (Okabe and Ito). */
const colours = ['#d55e00', '#0072b2', '#009e73', '#cc79a7']

export function isolationChart({ rows, aloneSeconds, besideSeconds }: IsolationOutcome): string {
  const kinds = [...new Set(rows.map(({ neighbour }) => neighbour))]
  const names = [...new Set(rows.map(({ name }) => name))]
  return svgOf(width, height, {
    color: colours,
    legend: { data: names, bottom: 0 },
    title: kinds.map((kind, i) => ({
      text: `Slowest request in each half second, ms\n(at 0, another tenant: ${kind})`,
      left: lefts[i]! + panelWidth / 2,
      top: 8,
      textAlign: 'center',
      textStyle: { fontSize: 13, lineHeight: 17 },
    })),
    grid: kinds.map((_, i) => ({ left: lefts[i]!, width: panelWidth, top, bottom: 70 })),
    xAxis: kinds.map((_, i) => ({
      type: 'value',
      gridIndex: i,
      min: -aloneSeconds,
      max: besideSeconds,
      name: 's',
      splitLine: { show: false },
    })),
    yAxis: kinds.map((_, i) => ({
      type: 'log',
      gridIndex: i,
      splitLine: { lineStyle: { color: '#eee' } },
    })),
    series: rows.map((row) => ({
      name: row.name,
      type: 'line',
      showSymbol: false,
      xAxisIndex: kinds.indexOf(row.neighbour),
      yAxisIndex: kinds.indexOf(row.neighbour),
      data: lineOf(row, aloneSeconds),
    })),
  })
}

/** The slowest request of each half second, of the first round. */
function lineOf({ rounds }: IsolationRow, aloneSeconds: number): [number, number][] {
  const slowest = new Map<number, number>()
  for (const [at, milliseconds] of rounds[0]?.samples ?? ([] as readonly Sample[])) {
    const half = Math.floor(at * 2) / 2 - aloneSeconds
    slowest.set(half, Math.max(slowest.get(half) ?? 0, milliseconds))
  }
  return [...slowest].sort(([a], [b]) => a - b)
}

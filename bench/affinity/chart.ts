/** The comparison as one picture (SVG): throughput, hit rate and p99, a bar for each contestant. */
import { median } from '../statistics.ts'
import { svgOf } from '../svg.ts'
import type { Product } from './contestants/contestant.ts'
import {
  hitRate,
  medianBy,
  type Outcome,
  openP99,
  openPart,
  type Row,
  saturated,
  throughput,
} from './outcome.ts'

/** Colours that differ for the colour-blind too (Okabe and Ito). */
const colours: Readonly<Record<Product, string>> = {
  resumelb: '#d55e00',
  haproxy: '#0072b2',
  nginx: '#009e73',
}

const width = 970
const rowHeight = 26
const top = 64
const bottom = 34
/** Left edges and width of the three panels, in pixels. */
const panels = [150, 430, 700]
const panelWidth = 220

interface Panel {
  readonly title: string
  readonly value: (row: Row) => number
  readonly label: (value: number) => string
  readonly axis: {
    readonly type: 'value' | 'log'
    readonly max?: number
    readonly interval?: number
  }
}

export function chart(outcome: Outcome): string {
  const rows = [...outcome.rows].reverse()
  const height = top + bottom + rows.length * rowHeight
  const all = panelsOf(outcome)
  return svgOf(width, height, {
    title: all.map(({ title }, i) => ({
      text: title,
      left: panels[i]! + panelWidth / 2,
      top: 12,
      textAlign: 'center',
      textStyle: { fontSize: 13, lineHeight: 17 },
    })),
    grid: all.map((_, i) => ({ left: panels[i]!, width: panelWidth, top, bottom })),
    xAxis: all.map(({ axis }, i) => ({
      ...axis,
      gridIndex: i,
      splitNumber: 3,
      splitLine: { lineStyle: { color: '#eee' } },
    })),
    yAxis: all.map((_, i) => ({
      type: 'category',
      gridIndex: i,
      data: rows.map(({ name }) => name),
      axisLabel: { show: i === 0, color: '#222' },
      axisTick: { show: false },
    })),
    series: all.map(({ value, label }, i) => ({
      type: 'bar',
      xAxisIndex: i,
      yAxisIndex: i,
      barWidth: '62%',
      data: rows.map((row) => ({
        value: value(row),
        itemStyle: { color: colours[row.product] },
        label: { formatter: label(value(row)) },
      })),
      label: { show: true, position: 'right', color: '#222', backgroundColor: '#fff' },
      ...(i === 0 ? { markLine: allHitsLine(outcome) } : {}),
    })),
  })
}

function panelsOf({ openRates, allHits }: Outcome): readonly Panel[] {
  return [
    {
      title: 'Requests a second, saturated\n(the line: every request hits)',
      value: saturated,
      label: (value) => value.toFixed(0),
      axis: { type: 'value', max: Math.ceil(medianBy(allHits, throughput) / 500) * 500 },
    },
    {
      title: 'Cache hits, saturated\n(%)',
      value: ({ measured }) => medianBy(measured.saturated, hitRate) * 100,
      label: (value) => value.toFixed(1),
      axis: { type: 'value', max: 100, interval: 25 },
    },
    {
      title: `p99 at ${openPart * 100} % of resumelb's throughput\n(${median(openRates).toFixed(0)}/s; ms, logarithmic)`,
      value: openP99,
      label: (value) => value.toFixed(0),
      axis: { type: 'log' },
    },
  ]
}

function allHitsLine({ allHits }: Outcome): object {
  return {
    silent: true,
    symbol: 'none',
    label: { show: false },
    lineStyle: { color: '#222', type: 'dashed', width: 1.5 },
    data: [{ xAxis: medianBy(allHits, throughput) }],
  }
}

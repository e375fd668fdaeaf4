/** Time to the first token, and tokens found in caches, of each contestant in each phase (SVG). */
import { svgOf } from '../../svg.ts'
import {
  type ModelOutcome,
  type ModelPhase,
  type ModelRow,
  medianOf,
  modelPhases,
} from './summary.ts'

const width = 970
const rowHeight = 54
const top = 70
const bottom = 60
/** Left edges and width of the two panels, in pixels. */
const lefts = [150, 580]
const panelWidth = 330

/** Colours that differ for the colour-blind too (Okabe and Ito), one for each phase. */
const colours = ['#d55e00', '#cc79a7', '#0072b2']

const panels = [
  {
    title: 'Time to the first token\n(mean, ms)',
    value: (row: ModelRow, phase: ModelPhase) => medianOf(row, phase, 'mean'),
  },
  {
    title: 'Tokens of prompts in the cache\n(%)',
    value: (row: ModelRow, phase: ModelPhase) => medianOf(row, phase, 'cached') * 100,
  },
] as const

export function modelChart(outcome: ModelOutcome): string {
  const rows = [...outcome.rows].reverse()
  const height = top + bottom + rows.length * rowHeight
  return svgOf(width, height, {
    color: colours,
    legend: { data: [...modelPhases], bottom: 0 },
    title: panels.map(({ title }, i) => ({
      text: title,
      left: lefts[i]! + panelWidth / 2,
      top: 12,
      textAlign: 'center',
      textStyle: { fontSize: 13, lineHeight: 17 },
    })),
    grid: panels.map((_, i) => ({ left: lefts[i]!, width: panelWidth, top, bottom })),
    xAxis: panels.map((_, i) => ({
      type: 'value',
      gridIndex: i,
      splitLine: { lineStyle: { color: '#eee' } },
    })),
    yAxis: panels.map((_, i) => ({
      type: 'category',
      gridIndex: i,
      data: rows.map(({ name }) => name),
      axisLabel: { show: i === 0, color: '#222' },
      axisTick: { show: false },
    })),
    series: panels.flatMap(({ value }, i) =>
      modelPhases.map((phase) => ({
        name: phase,
        type: 'bar',
        xAxisIndex: i,
        yAxisIndex: i,
        data: rows.map((row) => Math.round(value(row, phase))),
        label: { show: true, position: 'right', color: '#222', fontSize: 10 },
      })),
    ),
  })
}

/** Charts as SVG files. */
import { svgOf } from '../svg.ts'
import type { Done } from './job.ts'
import { scenarioNamed } from './scenarios.ts'
import type { Row } from './summary.ts'

/** Colours that differ for the colour-blind too (Okabe and Ito). */
const colours = [
  '#d55e00',
  '#0072b2',
  '#56b4e9',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#999999',
  '#000',
]

interface Line {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

interface Axes {
  readonly title: string
  readonly x: string
  readonly y: string
}

/** Mean latency second by second, of the first seed of each policy. */
export function timeChart(runs: readonly Done[]): string {
  const scenario = scenarioNamed(runs[0]!.job.scenario)
  const start = scenario.incidents[0]?.at ?? 0
  const lines = runs.map(({ job, result }) => ({
    name: job.policy,
    points: result.timeline.flatMap(({ at, meanLatency }): [number, number][] =>
      meanLatency === undefined || at < start - 5 ? [] : [[at - start, meanLatency * 1000]],
    ),
  }))
  const axes = { title: scenario.name, x: 'seconds since the event', y: 'mean latency, ms' }
  return lineChart(lines, axes)
}

/** Mean latency at each load of the sweep. */
export function loadChart(rows: readonly Row[]): string {
  const policies = [...new Set(rows.map((row) => row.policy))]
  const lines = policies.map((policy) => ({
    name: policy,
    points: rows
      .filter((row) => row.policy === policy)
      .map(({ scenario, figures }): [number, number] => {
        const { load } = scenarioNamed(scenario)
        return [load.kind === 'open' ? load.load : 0, figures.mean * 1000]
      }),
  }))
  return lineChart(lines, {
    title: 'Mean latency by load',
    x: 'load: part of what the workers could do if all caches were warm',
    y: 'mean latency, ms',
  })
}

function lineChart(lines: readonly Line[], { title, x, y }: Axes): string {
  return svgOf(760, 420, {
    color: colours,
    title: { text: title, left: 'center', textStyle: { fontSize: 15 } },
    legend: { bottom: 0, itemGap: 24 },
    grid: { left: 60, right: 20, top: 45, bottom: 80 },
    xAxis: {
      type: 'value',
      name: x,
      nameLocation: 'middle',
      nameGap: 28,
      min: 'dataMin',
      axisLine: { onZero: false },
    },
    yAxis: {
      type: 'log',
      name: y,
      nameLocation: 'middle',
      nameGap: 45,
      axisLine: { onZero: false },
    },
    series: lines.map(({ name, points }) => ({
      name,
      type: 'line',
      symbol: 'none',
      lineStyle: { width: name === 'cost' ? 3 : 1.5 },
      data: points,
    })),
  })
}

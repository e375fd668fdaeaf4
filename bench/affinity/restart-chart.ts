/** What requests take over time, while every worker in turn is restarted (SVG). */
import { svgOf } from '../svg.ts'
import type { Sample } from './load/job.ts'
import type { Outcome } from './outcome.ts'

const width = 970
const height = 400

/** Colours that differ for the colour-blind too (Okabe and Ito). */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#999999']

/** At the first load, of those that went through the restarts; undefined if none did. */
export function restartChart({ rows }: Outcome): string | undefined {
  const lines = rows.flatMap(({ name, restarts: [least] }) => {
    const samples = least?.during[0]?.samples
    return samples === undefined ? [] : [{ name, points: meanBySecond(samples) }]
  })
  if (lines.length === 0) return undefined
  return svgOf(width, height, {
    color: colours,
    legend: { bottom: 0 },
    title: {
      text: 'Mean time of a request in each second, ms, while every worker in turn is restarted',
      left: 'center',
      top: 8,
      textStyle: { fontSize: 13 },
    },
    grid: { left: 60, right: 40, top: 40, bottom: 70 },
    xAxis: { type: 'value', name: 's', min: 0, max: 'dataMax', splitLine: { show: false } },
    yAxis: { type: 'log', splitLine: { lineStyle: { color: '#eee' } } },
    series: lines.map(({ name, points }) => ({
      name,
      type: 'line',
      showSymbol: false,
      data: points,
    })),
  })
}

/** The middle of each second and the mean milliseconds of the requests that were due in it. */
export function meanBySecond(samples: readonly Sample[]): [second: number, mean: number][] {
  const seconds = new Map<number, { count: number; total: number }>()
  for (const [at, milliseconds] of samples) {
    const second = Math.floor(at)
    const { count, total } = seconds.get(second) ?? { count: 0, total: 0 }
    seconds.set(second, { count: count + 1, total: total + milliseconds })
  }
  return [...seconds]
    .sort(([a], [b]) => a - b)
    .map(([second, { count, total }]) => [second + 0.5, total / count])
}

/** The last minutes as charts. */
import type { SeriesName } from '../history-document.ts'
import { Chart } from './chart.tsx'
import { duration, number, percent } from './format.ts'
import type { Model, Series } from './model.ts'

interface Topic {
  readonly title: string
  readonly format: (value: number | null) => string
  readonly top: number
  readonly lines: readonly (readonly [name: SeriesName, label: string])[]
}

const topics: readonly Topic[] = [
  {
    title: 'Requests per second',
    format: number,
    top: 1,
    lines: [
      ['requestsPerSecond', 'all'],
      ['errorsPerSecond', 'errors'],
    ],
  },
  {
    title: 'Latency',
    format: duration,
    top: 0.001,
    lines: [
      ['p50', 'median'],
      ['p90', '90 %'],
      ['p99', '99 %'],
    ],
  },
  {
    title: 'Affinity',
    format: percent,
    top: 1,
    lines: [
      ['affinityHitRatio', 'hits'],
      ['spillRatio', 'spill'],
      ['warmUnitRatio', 'warm units'],
    ],
  },
  {
    title: 'Backlog',
    format: number,
    top: 1,
    lines: [
      ['backlog', 'at workers'],
      ['waiting', 'waiting'],
    ],
  },
]

/** Most load balancers have no requests that tell a size. */
function hasValues(series: Series): boolean {
  return series.some((value) => value !== null)
}

export interface ChartsProps {
  readonly series: Model['series']
  readonly isDark: boolean
}

export function Charts({ series, isDark }: ChartsProps) {
  return (
    <section class="card" aria-labelledby="charts-title">
      <h2 id="charts-title">The last five minutes</h2>
      <div class="charts">
        {topics.map(({ title, format, top, lines }) => (
          <Chart
            key={title}
            title={title}
            format={format}
            top={top}
            isDark={isDark}
            lines={lines
              .filter(([name]) => name !== 'warmUnitRatio' || hasValues(series[name]))
              .map(([name, label]) => ({ label, series: series[name] }))}
          />
        ))}
      </div>
    </section>
  )
}

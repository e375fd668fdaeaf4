/** A chart of the last minutes: some lines over one scale. */
import { useEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import { styleOf } from './canvas.ts'
import { useSize } from './hooks.ts'
import { historyLength, type Series } from './model.ts'

export interface Line {
  readonly label: string
  readonly series: Series
}

export interface ChartProps {
  readonly title: string
  readonly lines: readonly Line[]
  readonly format: (value: number | null) => string
  /** The least that the top of the scale stands for. */
  readonly top: number
  readonly isDark: boolean
}

const chartHeight = 150

/** Seconds before the present. */
const times = Array.from({ length: historyLength }, (_, index) => index + 1 - historyLength)

export function Chart({ title, lines, format, top, isDark }: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(null)
  const { width } = useSize(place)
  const [cursor, setCursor] = useState<number | null>(null)
  const data = [times, ...lines.map(({ series }) => padded(series))] as uPlot.AlignedData

  useEffect(() => {
    if (place.current === null || width === 0) return
    const made = new uPlot(
      optionsOf({ count: lines.length, width, format, top, onCursor: setCursor }),
      data,
      place.current,
    )
    plot.current = made
    return () => made.destroy()
  }, [width, isDark, lines.length, format, top])
  useEffect(() => plot.current?.setData(data))

  const index = cursor ?? historyLength - 1
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        <span class="muted">{cursor === null ? 'now' : agoText(times[cursor] ?? 0)}</span>
      </figcaption>
      <div ref={place} class="plot" aria-hidden="true" />
      <dl class="legend">
        {lines.map(({ label }, line) => (
          <div key={label}>
            <dt class={`line-${line + 1}`}>{label}</dt>
            <dd>{format(data[line + 1]?.[index] ?? null)}</dd>
          </div>
        ))}
      </dl>
    </figure>
  )
}

/** A series that began later than the others has nothing before. */
function padded(series: Series): (number | null)[] {
  return [...Array<null>(Math.max(0, historyLength - series.length)).fill(null), ...series]
}

function agoText(seconds: number): string {
  const ago = -seconds
  if (ago < 60) return `${ago} s ago`
  return `${Math.floor(ago / 60)} min ${ago % 60} s ago`
}

interface PlotSettings {
  readonly count: number
  readonly width: number
  readonly format: (value: number | null) => string
  readonly top: number
  readonly onCursor: (index: number | null) => void
}

function optionsOf({ count, width, format, top, onCursor }: PlotSettings): uPlot.Options {
  const axis = {
    stroke: styleOf('--muted'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: styleOf('--grid'), width: 1 },
    ticks: { show: false },
  }
  return {
    width,
    height: chartHeight,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    hooks: { setCursor: [({ cursor }) => onCursor(cursor.idx ?? null)] },
    scales: {
      x: { time: false, range: [times[0] ?? 0, 0] },
      y: { range: (_plot, _min, max) => [0, Math.max(top, (max ?? 0) * 1.1)] },
    },
    axes: [
      {
        ...axis,
        size: 24,
        splits: () => [-240, -180, -120, -60],
        values: (_plot, splits) => splits.map((at) => `${at / 60} min`.replace('-', '−')),
      },
      { ...axis, size: 58, values: (_plot, splits) => splits.map(format) },
    ],
    series: [
      {},
      ...Array.from({ length: count }, (_, index) => ({
        stroke: styleOf(`--line-${index + 1}`),
        width: 1.5,
        points: { show: false },
      })),
    ],
  }
}

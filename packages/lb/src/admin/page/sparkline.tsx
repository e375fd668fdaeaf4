/** A small line of the last minutes. */
import { useEffect, useRef } from 'preact/hooks'
import { prepared, styleOf } from './canvas.ts'
import { historyLength, type Series } from './model.ts'

export interface SparklineProps {
  readonly series: Series
  /** What the top of it stands for; no value is higher. */
  readonly top: number
  readonly isDark: boolean
}

const [width, height] = [200, 22]

export function Sparkline({ series, top, isDark }: SparklineProps) {
  const ref = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const context = ref.current && prepared(ref.current, width, height)
    if (context) paint(context, series, top, lineColour(isDark))
  }, [series, top, isDark])
  return <canvas ref={ref} class="sparkline" />
}

const lineColours = new Map<boolean, string>()

/** Read only once: for two hundred lines a second, asking for styles is slow. */
function lineColour(isDark: boolean): string {
  const known = lineColours.get(isDark)
  if (known !== undefined) return known
  const colour = styleOf('--line-1')
  lineColours.set(isDark, colour)
  return colour
}

function paint(context: CanvasRenderingContext2D, series: Series, top: number, colour: string) {
  const step = width / (historyLength - 1)
  const start = width - (series.length - 1) * step
  const yOf = (value: number | null) => height - 1.5 - ((value ?? 0) / top) * (height - 3)
  context.fillStyle = colour
  context.globalAlpha = 0.25
  context.fillRect(0, height - 1, width, 1)
  context.globalAlpha = 1
  context.beginPath()
  series.forEach((value, index) => {
    context.lineTo(start + index * step, yOf(value))
  })
  context.lineJoin = 'round'
  context.lineWidth = 1.25
  context.strokeStyle = colour
  context.stroke()
  context.lineTo(width, height)
  context.lineTo(start, height)
  context.globalAlpha = 0.14
  context.fill()
  context.globalAlpha = 1
}

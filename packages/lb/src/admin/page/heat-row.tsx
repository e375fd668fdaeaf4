/** One class of the map: its name, its rate, and a cell for each worker. */
import { memo } from 'preact/compat'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import type { ClassStatus } from '../status-document.ts'
import { prepared } from './canvas.ts'
import { percent, rate } from './format.ts'
import { type Cell, type Colour, cellsOf, colourAt, described, type Measure } from './heat.ts'

/** In CSS pixels. */
export const rowHeight = 24

/** How the cells are painted. */
export interface Paint {
  /** The columns of the workers, by address. */
  readonly columns: ReadonlyMap<string, number>
  readonly cellWidth: number
  readonly measure: Measure
  /** From nothing to all. */
  readonly scale: readonly Colour[]
  /** Of marks on cells of the lower and the upper half of the scale. */
  readonly marks: readonly [low: string, high: string]
}

export interface HeatRowProps {
  readonly row: ClassStatus
  readonly index: number
  readonly paint: Paint
  readonly isSelected: boolean
  /** Whether the keyboard is here. */
  readonly isActive: boolean
  readonly onSelect: (name: string) => void
}

export const HeatRow = memo((props: HeatRowProps) => {
  const { row, index, paint, isSelected, isActive, onSelect } = props
  const canvas = useRef<HTMLCanvasElement>(null)
  const cells = useMemo(() => cellsOf(row), [row])
  const width = paint.columns.size * paint.cellWidth
  useEffect(() => {
    const context = canvas.current && prepared(canvas.current, width, rowHeight)
    if (context) paintCells(context, cells, row.next, paint)
  }, [cells, row.next, paint, width])
  return (
    <tr aria-rowindex={index + 2} class={isSelected ? 'selected' : undefined}>
      <th scope="row">
        <button
          type="button"
          tabIndex={isActive ? 0 : -1}
          data-index={index}
          title={row.name}
          aria-label={`Explain ${row.name}`}
          aria-pressed={isSelected}
          onClick={() => onSelect(row.name)}
        >
          {row.name}
        </button>
      </th>
      <td class="number rate">{rate(row.requestsPerSecond)}</td>
      <td class="cells">
        <canvas ref={canvas} data-index={index} style={{ width: `${width}px` }} />
        <span class="hidden">{described(cells, percent)}</span>
      </td>
    </tr>
  )
})

function paintCells(
  context: CanvasRenderingContext2D,
  cells: readonly Cell[],
  next: string | null,
  { columns, cellWidth, measure, scale, marks }: Paint,
): void {
  const [width, height] = [cellWidth - 1, rowHeight - 1]
  context.fillStyle = colourAt(scale, 0)
  for (let column = 0; column < columns.size; column++) {
    context.fillRect(column * cellWidth, 0, width, height)
  }
  for (const cell of cells) {
    const column = columns.get(cell.skill.worker)
    if (column === undefined) continue
    const x = column * cellWidth
    const value = cell[measure]
    // What is there at all can be told from what is not.
    context.fillStyle = colourAt(scale, 0.12 + 0.88 * value)
    context.fillRect(x, 0, width, height)
    if (cell.skill.role !== 'home') continue
    context.fillStyle = marks[value > 0.5 ? 1 : 0]
    context.beginPath()
    context.arc(x + width / 2, height / 2, 2.5, 0, 2 * Math.PI)
    context.fill()
  }
  const isHome = cells.some(({ skill }) => skill.worker === next && skill.role === 'home')
  const column = next === null || isHome ? undefined : columns.get(next)
  if (column === undefined) return
  context.strokeStyle = marks[0]
  context.lineWidth = 2
  context.strokeRect(column * cellWidth + 1, 1, width - 2, height - 2)
}

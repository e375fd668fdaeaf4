/** The map of the skills of workers, by class. Only the rows in view exist. */
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { ClassStatus } from '../status-document.ts'
import type { WorkerStatus } from '../worker-status.ts'
import { styleOf } from './canvas.ts'
import { count, duration, number, percent, shortNames } from './format.ts'
import { cellsOf, type Measure, type Order, ordered, parseColour } from './heat.ts'
import { HeatControls, Legend } from './heat-controls.tsx'
import { HeatRow, type Paint, rowHeight } from './heat-row.tsx'
import { useIsDark, useSize } from './hooks.ts'

export interface HeatMapProps {
  readonly classes: readonly ClassStatus[]
  readonly workers: readonly WorkerStatus[]
  /** Classes that the balancer counts. */
  readonly counted: number
  /** Classes that are asked for. */
  readonly limit: number
  readonly onLimit: (limit: number) => void
  readonly selected: string
  readonly onSelect: (name: string) => void
}

/** Rows above and below those in view, so that scrolling shows no gaps. */
const overscan = 8

/** In CSS pixels: below that width there is no column of rates. */
const narrow = 560

interface Tip {
  readonly x: number
  readonly y: number
  readonly row: ClassStatus
  readonly worker: string
}

export function HeatMap(props: HeatMapProps) {
  const { classes, workers, counted, limit, onLimit, selected, onSelect } = props
  const [order, setOrder] = useState<Order>('home')
  const [measure, setMeasure] = useState<Measure>('share')
  const rows = useMemo(() => ordered(classes, order), [classes, order])
  const isSkilled = classes.some((one) => one.workers.length > 0)
  return (
    <section class="card heat" aria-labelledby="heat-title">
      <header>
        <h2 id="heat-title">Classes and workers</h2>
        <span class="muted">
          {counted > classes.length
            ? `busiest ${number(classes.length)} of ${number(counted)} classes`
            : count(classes.length, 'class', 'classes')}
        </span>
      </header>
      <HeatControls {...{ order, setOrder, measure, setMeasure, limit, onLimit }} />
      {isSkilled ? (
        <>
          <Rows {...{ rows, workers, measure, selected, onSelect }} />
          <Legend measure={measure} />
        </>
      ) : (
        <p class="empty">
          {classes.length === 0
            ? 'No requests yet. Each class appears here with its first one.'
            : 'No worker has reported skills yet, or the balancing policy does not use them.'}
        </p>
      )}
    </section>
  )
}

interface RowsProps extends Pick<HeatMapProps, 'workers' | 'selected' | 'onSelect'> {
  readonly rows: readonly ClassStatus[]
  readonly measure: Measure
}

function Rows({ rows, workers, measure, selected, onSelect }: RowsProps) {
  const scroller = useRef<HTMLElement>(null)
  const { width, height } = useSize(scroller)
  const [scrollTop, setScrollTop] = useState(0)
  const [tip, setTip] = useState<Tip>()
  const { active, onKeyDown } = useRovingFocus(scroller, rows.length, setScrollTop)
  const paint = usePaint(workers, width, measure)
  const addresses = useMemo(() => [...paint.columns.keys()], [paint.columns])
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - overscan)
  const last = Math.min(rows.length, Math.ceil((scrollTop + height) / rowHeight) + overscan)
  const point = (event: MouseEvent) => setTip(tipOf(event, rows, addresses, paint.cellWidth))
  return (
    <section
      ref={scroller}
      class="scroll map"
      aria-label="Map of classes and workers"
      onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
      onMouseMove={point}
      onMouseLeave={() => setTip(undefined)}
      onKeyDown={onKeyDown}
    >
      <table aria-rowcount={rows.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col">Class</th>
            <th scope="col" class="number rate">
              /s
            </th>
            <WorkerNames addresses={addresses} cellWidth={paint.cellWidth} />
          </tr>
        </thead>
        <tbody>
          <Gap rows={first} />
          {rows.slice(first, last).map((row, index) => (
            <HeatRow
              key={row.name}
              row={row}
              index={first + index}
              paint={paint}
              isSelected={row.name === selected}
              isActive={first + index === Math.min(Math.max(active, first), last - 1)}
              onSelect={onSelect}
            />
          ))}
          <Gap rows={rows.length - last} />
        </tbody>
      </table>
      {tip === undefined ? null : <Tooltip {...tip} />}
    </section>
  )
}

/** As high as rows that are not in view. */
function Gap({ rows }: { rows: number }) {
  if (rows <= 0) return null
  return (
    <tr>
      <td colSpan={3} style={{ height: `${rows * rowHeight}px` }} />
    </tr>
  )
}

function WorkerNames({ addresses, cellWidth }: { addresses: string[]; cellWidth: number }) {
  const names = shortNames(addresses)
  const longest = Math.max(0, ...names.map((name) => name.length))
  const isUpright = longest * 7.5 > cellWidth
  return (
    <th scope="col" class={isUpright ? 'names upright' : 'names'}>
      <span class="hidden">Workers</span>
      <span class="row" aria-hidden="true">
        {names.map((name, index) => (
          <span key={addresses[index]} title={addresses[index]} style={{ width: `${cellWidth}px` }}>
            {name}
          </span>
        ))}
      </span>
    </th>
  )
}

/** Arrows, Home, End, Page Up and Page Down move among the rows; only one is in the tab order. */
function useRovingFocus(
  scroller: { current: HTMLElement | null },
  length: number,
  onScroll: (scrollTop: number) => void,
) {
  const [active, setActive] = useState(0)
  const isMoving = useRef(false)
  // Before the next key comes, which is for the row that has the focus then.
  useLayoutEffect(() => {
    if (!isMoving.current) return
    isMoving.current = false
    scroller.current?.querySelector<HTMLElement>(`button[data-index="${active}"]`)?.focus()
  })
  const onKeyDown = (event: KeyboardEvent) => {
    const box = scroller.current
    const from = Number((event.target as HTMLElement).dataset['index'] ?? active)
    const to = placeAfter(event.key, from, length)
    if (box === null || to === undefined) return
    event.preventDefault()
    isMoving.current = true
    const room = box.clientHeight - rowHeight * 3
    const y = to * rowHeight
    if (y < box.scrollTop || y > box.scrollTop + room) {
      box.scrollTop = Math.max(0, y < box.scrollTop ? y : y - room)
      onScroll(box.scrollTop)
    }
    setActive(to)
  }
  return { active, onKeyDown }
}

function placeAfter(key: string, from: number, length: number): number | undefined {
  const steps: Record<string, number> = {
    ...{ ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15 },
    ...{ Home: -length, End: length },
  }
  const step = steps[key]
  return step === undefined ? undefined : Math.min(length - 1, Math.max(0, from + step))
}

/** Stable as long as nothing of it changes, so that rows are painted only when they have to be. */
function usePaint(workers: readonly WorkerStatus[], width: number, measure: Measure): Paint {
  const isDark = useIsDark()
  const key = workers.map(({ address }) => address).join('\n')
  const columns = useMemo(
    () => new Map((key === '' ? [] : key.split('\n')).map((address, index) => [address, index])),
    [key],
  )
  const room = width - (width < narrow ? 132 : 264)
  const cellWidth = Math.min(140, Math.max(14, Math.floor(room / Math.max(1, columns.size))))
  return useMemo(
    () => ({ columns, cellWidth, measure, ...coloursOf(isDark) }),
    [columns, cellWidth, measure, isDark],
  )
}

function coloursOf(_isDark: boolean): Pick<Paint, 'scale' | 'marks'> {
  return {
    scale: [0, 1, 2, 3, 4].map((step) => parseColour(styleOf(`--heat-${step}`))),
    marks: [styleOf('--mark-low'), styleOf('--mark-high')],
  }
}

function tipOf(
  { target, offsetX, clientX, clientY }: MouseEvent,
  rows: readonly ClassStatus[],
  addresses: readonly string[],
  cellWidth: number,
): Tip | undefined {
  if (!(target instanceof HTMLCanvasElement)) return undefined
  const row = rows[Number(target.dataset['index'])]
  const worker = addresses[Math.floor(offsetX / cellWidth)]
  return row && worker ? { x: clientX, y: clientY, row, worker } : undefined
}

function Tooltip({ x, y, row, worker }: Tip) {
  const cell = cellsOf(row).find(({ skill }) => skill.worker === worker)
  const isRight = x > innerWidth / 2
  const place = isRight
    ? { right: `${innerWidth - x + 12}px`, top: `${y + 12}px` }
    : { left: `${x + 12}px`, top: `${y + 12}px` }
  return (
    <div class="tip" style={place} aria-hidden="true">
      <strong>{row.name}</strong>
      <span>on {worker}</span>
      {cell === undefined ? (
        <span>not served there lately</span>
      ) : (
        <>
          <span>
            {cell.skill.role}: {percent(cell.share)} of the requests
          </span>
          <span>
            {duration(cell.skill.seconds)} each, {number(cell.skill.requestsPerSecond)} /s
          </span>
        </>
      )}
    </div>
  )
}

/** What the map of classes shows, and in which order; and what its colours mean. */
import type { Measure, Order } from './heat.ts'

/** How many classes can be shown. The server knows more, but lists no more. */
const limits = [50, 100, 250, 1000]

export interface HeatControlsProps {
  readonly order: Order
  readonly setOrder: (order: Order) => void
  readonly measure: Measure
  readonly setMeasure: (measure: Measure) => void
  readonly limit: number
  readonly onLimit: (limit: number) => void
}

export function HeatControls(props: HeatControlsProps) {
  const { order, setOrder, measure, setMeasure, limit, onLimit } = props
  return (
    <div class="controls">
      <label>
        Colour
        <select
          value={measure}
          onChange={(event) => setMeasure(event.currentTarget.value as Measure)}
        >
          <option value="share">share of requests</option>
          <option value="speed">speed</option>
        </select>
      </label>
      <label>
        Order
        <select value={order} onChange={(event) => setOrder(event.currentTarget.value as Order)}>
          <option value="home">home worker</option>
          <option value="rate">requests per second</option>
          <option value="name">name</option>
        </select>
      </label>
      <label>
        Show
        <select
          value={String(limit)}
          onChange={(event) => onLimit(Number(event.currentTarget.value))}
        >
          {limits.map((each) => (
            <option key={each} value={String(each)}>
              {each} classes
            </option>
          ))}
        </select>
      </label>
    </div>
  )
}

export function Legend({ measure }: { measure: Measure }) {
  const [low, high] =
    measure === 'share' ? ['few', 'all requests of the class'] : ['slow', 'fastest at the class']
  return (
    <p class="heat-legend">
      <span>
        <i class="sample none" /> not served there
      </span>
      <span>
        {low} <i class="gradient" /> {high}
      </span>
      <span>
        <i class="sample home" /> home
      </span>
      <span>
        <i class="sample next" /> the next request goes there instead
      </span>
    </p>
  )
}

/** Families of metrics, as prom-client writes them. Pure. */
import { durationBounds, type Histogram } from './histogram.ts'

type Labels = Readonly<Record<string, string | number>>

export interface Sample {
  readonly value: number
  readonly labels: Labels
  /** With the suffix, of histograms. */
  readonly metricName?: string
}

/** As prom-client names them. */
type Aggregator = 'sum' | 'max' | 'first'

/** A metric with all its series. */
export interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** How the series of several processes become one. */
  readonly aggregator: Aggregator
  readonly values: readonly Sample[]
}

/** The value of a metric without labels. */
export function one(value: number): Sample {
  return { value, labels: {} }
}

/** A value for each key, under this label. */
export function samples(counts: ReadonlyMap<string, number>, label: string): Sample[] {
  return [...counts].map(([name, value]) => ({ value, labels: { [label]: name } }))
}

export function counter(name: string, help: string, values: readonly Sample[]): Family {
  return { name, help, type: 'counter', aggregator: 'sum', values }
}

/** `aggregator` is for several processes: by default, the largest value counts. */
export function gauge(
  name: string,
  help: string,
  values: readonly Sample[],
  aggregator: Aggregator = 'max',
): Family {
  return { name, help, type: 'gauge', aggregator, values }
}

export function histogram(name: string, help: string, { counts, sum }: Histogram): Family {
  let below = 0
  const buckets = [...counts].map((count, bucket): Sample => {
    below += count
    const le = durationBounds[bucket] ?? '+Inf'
    return { value: below, labels: { le }, metricName: `${name}_bucket` }
  })
  const values = [
    ...buckets,
    { value: sum, labels: {}, metricName: `${name}_sum` },
    { value: below, labels: {}, metricName: `${name}_count` },
  ]
  return { name, help, type: 'histogram', aggregator: 'sum', values }
}

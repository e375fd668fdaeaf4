/** What `GET /history` tells, as JSON: the last five minutes, with a value for each second. */

/** The series of the balancer. */
export const seriesNames = [
  'backlog',
  'waiting',
  'requestsPerSecond',
  'errorsPerSecond',
  'affinityHitRatio',
  'spillRatio',
  'regretSeconds',
  'warmUnitRatio',
  'p50',
  'p90',
  'p99',
] as const

/** The name of a series. */
export type SeriesName = (typeof seriesNames)[number]

/** Each series ends with the present; one that is shorter than the others began later. */
export interface HistoryStatus {
  /** The id of the load balancer: new after each restart. */
  readonly id: string
  /** When it was made. */
  readonly time: string
  /**
   * Named as in the status: all but `backlog` and `waiting` look back on ten seconds; `p50`, `p90`
   * and `p99` are durations in seconds. What was unknown is null.
   */
  readonly series: Readonly<Record<SeriesName, (number | null)[]>>
  /** Backlogs of the workers, by address. */
  readonly workers: Readonly<Record<string, number[]>>
}

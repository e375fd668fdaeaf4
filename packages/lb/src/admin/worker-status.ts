/** What the status tells of one worker; the conventions are those of the whole document. */

/** A worker. */
export interface WorkerStatus {
  /** As it is listed. */
  readonly address: string
  /**
   * `connecting`: not connected yet; `waiting`: the last attempt has failed, and the next one is
   * scheduled; `unresponsive`: connected, but it does not answer; otherwise what the worker
   * reports.
   */
  readonly state:
    | 'connecting'
    | 'waiting'
    | 'warming'
    | 'ready'
    | 'unready'
    | 'unresponsive'
    | 'draining'
  /** How far a worker is that warms itself up, in request classes. */
  readonly warmUp: {
    /** Classes that are warm. */
    readonly done: number
    /** Classes to warm up. */
    readonly total: number
  } | null
  /** Classes that other workers get warm for until this one leaves; null if it does not leave. */
  readonly handingOver: number | null
  /** Whether it takes a request at this moment. */
  readonly isReady: boolean
  /** Whether the operator keeps new requests from it. */
  readonly isHeld: boolean
  /** Whether it is out of service for a time by its own account, and therefore `draining`. */
  readonly isInMaintenance: boolean
  /** Whether it gets only requests that no other worker can take. */
  readonly isStandby: boolean
  /** How many times as much it is given as a worker of capacity 1. */
  readonly capacity: number
  /** Until when it is ejected. */
  readonly ejectedUntil: string | null
  /** How the worker describes itself. */
  readonly description: string | null
  /** The version of its application; empty if it has none. */
  readonly version: string | null
  /** Since when it is connected. */
  readonly connectedAt: string | null
  /** Requests in progress there that this load balancer has sent. */
  readonly backlog: number
  /** When the oldest of them came; upgraded connections do not count. */
  readonly oldestRequestAt: string | null
  /** Bytes that wait to be sent to it. */
  readonly unsentBytes: number
  /** Its last reported load; null until it was first connected. */
  readonly load: WorkerLoad | null
  /** Requests that have ended there. */
  readonly requests: number
  /** Of those, the ones that it failed, or answered 5xx. */
  readonly errors: number
  /** Requests that it lost or refused and that went to another worker. */
  readonly retries: number
  /** Times that it was ejected. */
  readonly ejections: number
  /** Times that its connection was lost. */
  readonly disconnects: number
  /** Requests that have ended there, over the last ten seconds. */
  readonly requestsPerSecond: number
  /** Mean duration of the requests of the last ten seconds. */
  readonly meanSeconds: number | null
  /** Share of the units of requests with a chain that were warm there, from 0 to 1. */
  readonly warmUnitRatio: number | null
  /** Why it could not be reached the last time, or was lost. */
  readonly lastFailure: {
    /** See section 9 of SPEC.md. */
    readonly code: string
    /** One sentence. */
    readonly reason: string
    /** When that was. */
    readonly at: string
    /** Failures in a row, this one included. */
    readonly failures: number
  } | null
}

/** How busy a worker is. */
export interface WorkerLoad {
  /** Requests served at once. */
  readonly concurrency: number
  /** The worker has no concurrency limit: `concurrency` is what pools assume. */
  readonly isConcurrencyAssumed: boolean
  /** Requests of all load balancers, in progress or waiting for a slot there. */
  readonly requests: number
  /** How late its event loop is. */
  readonly eventLoopDelaySeconds: number
}

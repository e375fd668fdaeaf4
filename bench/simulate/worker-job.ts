/** A request at a simulated worker. */
import type { Waiter } from '@resumelb/common'
import type { Outcome } from '@resumelb/lb'
import type { ClassStanding } from '@resumelb/protocol'
import type { Request } from './workload.ts'

/** One request that a balancer has given to a worker. */
export interface Job {
  readonly request: Request
  readonly standing: ClassStanding | undefined
  /** Number of the balancer that sent it. */
  readonly balancer: number
  /** Whether it may be given back if it has to wait for long. */
  readonly isMovable: boolean
  /** Called instead of {@link answer}, if requests of its own class or of others take too long. */
  readonly giveBack: (isOwn: boolean) => void
  /** What the worker expects it to take, told to the other balancers. Seconds. */
  estimate: number
  /** Whether its class was new to the worker when it came. */
  isNew: boolean
  /** What it would take if it began at once, which only the simulation can know. Seconds. */
  exact: number
  /** When it was sent to the worker, in seconds: later than it came if it was held back. */
  sentAt: number
  /** Called by the worker when it is done with it. */
  readonly answer: (outcome: Outcome) => void
}

/** One job in one worker. */
export interface Stay extends Waiter {
  readonly job: Job
}

/** What the flows of a fair queue have used of its time. Pure. */
import type { Flow, Turn } from './flow.ts'

/**
 * Seconds that a tag may be ahead before others go first. Without it, the popular classes of a busy
 * worker would always wait for the rare ones, longer than load balancers can foresee.
 */
export const tolerance = 0.1

/**
 * Seconds that a tag is ahead at most where no other flow waits: enough to let the next one go
 * first, and no more, since it has taken nothing from others.
 */
const maxLead = 2 * tolerance

/**
 * Seconds that a tag is ahead at most, and that a turn is charged for before it has taken them: one
 * long request must not shut out a flow for minutes.
 */
export const maxDebt = 10

/**
 * A clock that counts the seconds of service given to all while something waits, as in VirtualClock
 * (Zhang: "VirtualClock: A New Traffic Control Algorithm for Packet Switching Networks", SIGCOMM
 * 1990). A turn raises the tag of its flow by the seconds that it takes × the number of flows that
 * wait (see `Turn.weigh`), from the clock or the tag, whichever is later: the tag of a flow that uses
 * less than its share is never far ahead of the clock.
 *
 * Tags count only while something waits: they begin anew when the queue gets empty. What a flow
 * has used while no item had to wait has delayed no other flow.
 */
export class VirtualClock<Item> {
  /** Seconds of service in this period. */
  #now = 0
  #period = 0

  get now(): number {
    return this.#now
  }

  /** Nothing waits any longer: all tags begin anew. */
  restart(): void {
    this.#period++
    this.#now = 0
  }

  /** Something of the flow waits, the first of it with this turn. */
  enter(turn: Turn<Item>): void {
    const { flow } = turn
    if (flow.period === this.#period) return
    flow.period = this.#period
    // What it runs was begun while nothing waited, and has not been charged.
    flow.tag = Math.min(flow.running * turn.cost, maxDebt)
  }

  /** A turn that has waited begins: its flow is to be charged for it. */
  begin(turn: Turn<Item>): void {
    const { flow } = turn
    turn.period = this.#period
    flow.tag = Math.max(flow.tag, this.#now)
  }

  /** Whether the turn has begun in this period, so that its flow is charged for it. */
  counts(turn: Turn<Item>): boolean {
    return turn.period === this.#period
  }

  /** Charges the flow of a turn for so many seconds, instead of what it was charged for before. */
  charge(turn: Turn<Item>, seconds: number): void {
    const { flow, flows, cost } = turn
    this.#now += seconds - cost
    const tag = flow.tag + turn.weigh(seconds) - turn.weigh(cost)
    flow.tag = Math.min(tag, this.#now + (flows === 1 ? maxLead : maxDebt))
    turn.cost = seconds
  }

  /** Whether the flow has used more than its share. */
  owes({ period, tag }: Flow<Item>): boolean {
    return period === this.#period && tag > this.#now
  }
}

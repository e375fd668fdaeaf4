/** Which of a worker's load balancers plans where classes have their homes. */
import type { Clock } from '@resumelb/common'
import type { Connection, HandOver, PlannedHome } from '@resumelb/protocol'

/** Milliseconds without a request after which a load balancer does not plan if another one can. */
const idleTime = 60_000

/** Unsent bytes beyond which a load balancer, which does not read them, is not sent more plans. */
const maxUnsentLength = 1024 * 1024

/** The connection to a load balancer, as far as plans are concerned. */
export type PlanningConnection = Pick<Connection, 'peer' | 'sendHandOver' | 'unsentLength'>

interface Use {
  /** Requests that the load balancer has sent so far. */
  readonly requests: () => number
  /** The same at the last look. */
  seen: number
  isIdle: boolean
}

/**
 * Load balancers that each move classes, of which each sees a part of the requests, move them in
 * different directions. So one of them plans, and the worker tells the others what it has planned.
 * It is the one with the least id: all workers that have the same load balancers choose the same.
 * One that sends no requests has nothing to plan by, such as one on standby, or one that was
 * replaced and only waits for its last connections to end: it plans only if no other one can.
 */
export class Planners {
  readonly #clock: Clock
  readonly #all = new Map<PlanningConnection, Use>()
  #leader: PlanningConnection | undefined
  #cancel: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A load balancer has connected. `requests` returns how many it has sent so far. */
  add(connection: PlanningConnection, requests: () => number): void {
    if (!connection.peer?.sharesPlans) return
    this.#all.set(connection, { requests, seen: requests(), isIdle: false })
    if (this.#all.size > 1) this.#cancel ??= this.#clock.after(idleTime, () => this.#look())
    const before = this.#leader
    this.#leader = this.#choose()
    // It leads unless it is told otherwise.
    if (this.#leader !== connection) tell(connection, false)
    else if (before !== undefined) tell(before, false)
  }

  /** The connection to a load balancer has ended. */
  delete(connection: PlanningConnection): void {
    if (!this.#all.delete(connection)) return
    if (this.#all.size < 2) this.#stopLooking()
    if (this.#leader !== connection) return
    this.#leader = this.#choose()
    if (this.#leader !== undefined) tell(this.#leader, true)
  }

  /** A load balancer has planned a home here. */
  plan(from: PlanningConnection, home: PlannedHome): void {
    if (!this.#all.has(from)) return
    for (const other of this.#all.keys()) {
      if (other === from || other.unsentLength > maxUnsentLength) continue
      other.sendHandOver({ step: 'planned', home })
    }
  }

  /** Of two with the same id, the later one: the other connection is lost, although not yet ended. */
  #choose(): PlanningConnection | undefined {
    const all = [...this.#all].reverse()
    const used = all.filter(([, { isIdle }]) => !isIdle)
    const connections = (used.length > 0 ? used : all).map(([connection]) => connection)
    return inOrderOfIds(connections)[0]
  }

  #look(): void {
    this.#cancel = this.#clock.after(idleTime, () => this.#look())
    const uses = [...this.#all.values()].map((use) => ({ use, requests: use.requests() }))
    // While none sends requests, there is no reason to change.
    if (uses.every(({ use, requests }) => requests === use.seen)) return
    for (const { use, requests } of uses) {
      use.isIdle = requests === use.seen
      use.seen = requests
    }
    const before = this.#leader
    this.#leader = this.#choose()
    if (before === this.#leader) return
    if (before !== undefined) tell(before, false)
    if (this.#leader !== undefined) tell(this.#leader, true)
  }

  #stopLooking(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}

/** Those that may plan, the one that does first. Those with the same id are in their old order. */
export function inOrderOfIds<Each extends Pick<Connection, 'peer'>>(connections: Each[]): Each[] {
  return connections.sort((one, other) => {
    if (idOf(one) === idOf(other)) return 0
    return idOf(one) < idOf(other) ? -1 : 1
  })
}

function idOf({ peer }: Pick<Connection, 'peer'>): string {
  return peer?.id ?? ''
}

function tell(connection: PlanningConnection, leads: boolean): void {
  const message: HandOver = { step: 'lead', leads }
  connection.sendHandOver(message)
}

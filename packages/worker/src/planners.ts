/** Which of a worker's load balancers plans where classes have their homes. */
import type { Connection, HandOver, PlannedHome } from '@resumelb/protocol'

/** The connection to a load balancer, as far as plans are concerned. */
export type PlanningConnection = Pick<Connection, 'peer' | 'sendHandOver'>

/**
 * Load balancers that each move classes, of which each sees a part of the requests, move them in
 * different directions. So one of them plans, and the worker tells the others what it has planned.
 * It is the one with the least id: all workers that have the same load balancers choose the same.
 */
export class Planners {
  readonly #all = new Set<PlanningConnection>()
  #leader: PlanningConnection | undefined

  /** A load balancer has connected. */
  add(connection: PlanningConnection): void {
    if (!connection.peer?.sharesPlans) return
    this.#all.add(connection)
    const before = this.#leader
    if (before !== undefined && idOf(before) <= idOf(connection)) return tell(connection, false)
    // It leads unless it is told otherwise.
    this.#leader = connection
    if (before !== undefined) tell(before, false)
  }

  /** The connection to a load balancer has ended. */
  delete(connection: PlanningConnection): void {
    if (!this.#all.delete(connection) || this.#leader !== connection) return
    this.#leader = inOrderOfIds([...this.#all])[0]
    if (this.#leader !== undefined) tell(this.#leader, true)
  }

  /** A load balancer has planned a home here. */
  plan(from: PlanningConnection, home: PlannedHome): void {
    for (const other of this.#all) {
      if (other !== from) other.sendHandOver({ step: 'planned', home })
    }
  }
}

/** Those that may plan, the one that does first. Those without an id are in their old order. */
export function inOrderOfIds<Each extends PlanningConnection>(connections: Each[]): Each[] {
  return connections.sort((one, other) => {
    if (idOf(one) === idOf(other)) return 0
    return idOf(one) < idOf(other) ? -1 : 1
  })
}

function idOf({ peer }: PlanningConnection): string {
  return peer?.id ?? ''
}

function tell(connection: PlanningConnection, leads: boolean): void {
  const message: HandOver = { step: 'lead', leads }
  connection.sendHandOver(message)
}

/** Hands the classes of a worker that is about to leave over to other workers. */
import { type Clock, type Logger, within } from '@resumelb/common'
import type { Connection, HandedClass } from '@resumelb/protocol'

/** Characters of requests in one frame, beyond which another one is begun. */
const pieceLength = 128 * 1024

export interface LeavingContext {
  readonly log: Logger
  readonly clock: Clock
  /** The load balancers that know hand-overs, the one that plans first. */
  balancers(): readonly Connection[]
}

/** A hand-over in progress. */
interface Departure {
  readonly classes: readonly HandedClass[]
  /** The load balancer that finds other workers. */
  planner: Connection
  readonly over: Promise<void>
  end(): void
}

export class Leaving {
  readonly #context: LeavingContext
  #departure: Departure | undefined

  constructor(context: LeavingContext) {
    this.#context = context
  }

  /**
   * Resolves when other workers are warm for the classes, the time (in milliseconds) is over, or no
   * load balancer is left. Of the load balancers, the first one plans: all of them see when a class
   * has moved.
   */
  async run(classes: readonly HandedClass[], time: number): Promise<void> {
    const { log, clock } = this.#context
    if (this.#departure !== undefined) return this.#departure.over
    const balancers = this.#context.balancers()
    const [planner] = balancers
    if (classes.length === 0 || planner === undefined) return
    const startedAt = clock.now()
    log.info({ classes: classes.length, time }, 'handing over')
    let end = () => {}
    const over = new Promise<void>((resolve) => {
      end = resolve
    })
    this.#departure = { classes, planner, over, end }
    for (const connection of balancers) sendClasses(connection, classes, connection === planner)
    const isDone = await within(time, over, clock)
    this.#departure = undefined
    const facts = { classes: classes.length, seconds: (clock.now() - startedAt) / 1000 }
    log.info(facts, isDone ? 'handed over' : 'hand-over not finished in time')
  }

  /** No class needs this worker any more. */
  done(): void {
    this.#departure?.end()
  }

  /** The worker does not leave after all. */
  cancel(): void {
    if (this.#departure === undefined) return
    for (const connection of this.#context.balancers()) {
      connection.sendHandOver({ step: 'staying' })
    }
    this.#departure.end()
  }

  /** A load balancer has connected: it does as the others. */
  onConnected(connection: Connection): void {
    if (this.#departure !== undefined) sendClasses(connection, this.#departure.classes, false)
  }

  /** The connection to a load balancer has ended. If it was planning, another one goes on. */
  onLost(connection: Connection): void {
    const departure = this.#departure
    if (departure?.planner !== connection) return
    const [next] = this.#context.balancers()
    if (next === undefined) return departure.end()
    departure.planner = next
    sendClasses(next, departure.classes, true)
  }
}

/** With their requests to the load balancer that plans. */
export function sendClasses(
  connection: Connection,
  classes: readonly HandedClass[],
  plans: boolean,
): void {
  const all = plans ? classes : classes.map((handed) => ({ ...handed, requests: [] }))
  for (const { classes: piece, goesOn } of framesOf(all)) {
    connection.sendHandOver({ step: 'leaving', plans, goesOn, classes: piece })
  }
}

/** The list as frames, at least one. */
export function framesOf(
  classes: readonly HandedClass[],
): { readonly classes: readonly HandedClass[]; readonly goesOn: boolean }[] {
  const pieces = piecesOf(classes)
  if (pieces.length === 0) return [{ classes: [], goesOn: false }]
  return pieces.map((piece, index) => ({ classes: piece, goesOn: index < pieces.length - 1 }))
}

/** Parts of the list that fit into a frame each. */
export function piecesOf(classes: readonly HandedClass[]): HandedClass[][] {
  const pieces: HandedClass[][] = []
  let room = 0
  for (const handed of classes) {
    const length = lengthOf(handed)
    if (length > room || pieces.length === 0) {
      pieces.push([])
      room = pieceLength
    }
    pieces.at(-1)?.push(handed)
    room -= length
  }
  return pieces
}

function lengthOf({ requestClass, requests }: HandedClass): number {
  const lengths = requests.map(({ url, headers }) => url.length + headers.length)
  return lengths.reduce((sum, length) => sum + length, requestClass.length)
}

/** Hands the classes of a worker that is about to leave over to other workers. */
import { type Clock, type Logger, within } from '@resumelb/common'
import type { Connection, HandedClass } from '@resumelb/protocol'

/** Characters of requests in one frame, beyond which another one is begun. */
const pieceLength = 128 * 1024

export interface LeavingContext {
  readonly log: Logger
  readonly clock: Clock
}

export class Leaving {
  readonly #context: LeavingContext
  #onDone: () => void = () => undefined

  constructor(context: LeavingContext) {
    this.#context = context
  }

  /**
   * Resolves when other workers are warm for the classes, or the time is over, in milliseconds. Of
   * the load balancers, the first one plans: all of them see when a class has moved.
   */
  async run(
    classes: readonly HandedClass[],
    balancers: readonly Connection[],
    time: number,
  ): Promise<void> {
    const { log, clock } = this.#context
    if (classes.length === 0 || balancers.length === 0) return
    const startedAt = clock.now()
    log.info({ classes: classes.length, time }, 'handing over')
    const done = new Promise<void>((resolve) => {
      this.#onDone = resolve
    })
    for (const [index, connection] of balancers.entries()) send(connection, classes, index === 0)
    const isDone = await within(time, done, clock)
    const facts = { classes: classes.length, seconds: (clock.now() - startedAt) / 1000 }
    log.info(facts, isDone ? 'handed over' : 'hand-over not finished in time')
  }

  /** No class needs this worker any more. */
  done(): void {
    this.#onDone()
  }
}

function send(connection: Connection, classes: readonly HandedClass[], plans: boolean): void {
  const all = plans ? classes : classes.map((handed) => ({ ...handed, requests: [] }))
  const pieces = piecesOf(all)
  for (const [index, piece] of pieces.entries()) {
    const goesOn = index < pieces.length - 1
    connection.sendHandOver({ step: 'leaving', plans, goesOn, classes: piece })
  }
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

/** Answers load balancers that want classes of this worker for others. */
import type { Connection, HandedClass, HandOver } from '@resumelb/protocol'
import { framesOf, sendClasses } from './leaving.ts'

/**
 * Of several load balancers that take their requests away at the same time, as for another version,
 * the first one plans until it says that it has ended that or is lost. The others see what happens
 * by the reports of workers.
 */
export class Offers {
  /** The classes of that name, or all. */
  readonly #classesOf: (names: readonly string[]) => readonly HandedClass[]
  #planner: Connection | undefined

  constructor(classesOf: (names: readonly string[]) => readonly HandedClass[]) {
    this.#classesOf = classesOf
  }

  answer(connection: Connection, { classes, releases }: HandOver & { step: 'ask' }): void {
    const offered = this.#classesOf(classes)
    if (releases) {
      this.#planner ??= connection
      return sendClasses(connection, offered, connection === this.#planner)
    }
    for (const frame of framesOf(offered)) connection.sendHandOver({ step: 'offer', ...frame })
  }

  /** The load balancer takes no requests away any more, or the connection to it is lost. */
  end(connection: Connection): void {
    if (this.#planner === connection) this.#planner = undefined
  }
}

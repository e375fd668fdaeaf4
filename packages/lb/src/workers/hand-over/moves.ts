/** Single classes for which a worker gets warm because the pool wants that. */
import type { HandOver, RequestClass } from '@resumelb/protocol'
import type { WorkerSummary } from '../../pool/pool.ts'
import type { Worker } from '../worker.ts'

/** Classes that workers were asked for and have not offered: pools move few at once. */
const maxPending = 100

interface Move {
  readonly requestClass: RequestClass
  /** Has the class. */
  readonly from: Worker
  /** Is to get warm for it. */
  readonly to: Worker
}

export class Moves {
  readonly #summaries: () => readonly WorkerSummary<Worker>[] | undefined
  /** In the order of asking, in which workers answer. */
  readonly #pending: Set<Move> = new Set()

  constructor(summaries: () => readonly WorkerSummary<Worker>[] | undefined) {
    this.#summaries = summaries
  }

  /**
   * Makes the worker warm for the class, in the background, with the requests that the worker with
   * the most experience has recorded. False if there is none that could have some.
   */
  begin(to: Worker, requestClass: RequestClass): boolean {
    const from = this.#mostExperienced(to, requestClass)
    if (from === undefined || this.#pending.size >= maxPending) return false
    if (!from.handOver({ step: 'ask', classes: [requestClass] })) return false
    this.#pending.add({ requestClass, from, to })
    return true
  }

  /** Returns whether the offer answers a question of {@link begin}. */
  onOffer(worker: Worker, { classes }: HandOver & { step: 'offer' }): boolean {
    const move = [...this.#pending].find(({ from }) => from === worker)
    if (move === undefined) return false
    this.#pending.delete(move)
    const handed = classes.find(({ requestClass }) => requestClass === move.requestClass)
    if (handed !== undefined) move.to.handOver({ step: 'prepare', handed })
    return true
  }

  /** The connection to the worker is lost. */
  lose(worker: Worker): void {
    for (const move of this.#pending) if (move.from === worker) this.#pending.delete(move)
  }

  #mostExperienced(to: Worker, requestClass: RequestClass): Worker | undefined {
    let best: Worker | undefined
    let most = 0
    for (const summary of this.#summaries() ?? []) {
      const { worker } = summary
      const count = summary.countOf(requestClass)
      if (worker === to || !worker.handsOver || count <= most) continue
      best = worker
      most = count
    }
    return best
  }
}

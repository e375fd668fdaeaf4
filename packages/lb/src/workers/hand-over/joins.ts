/** Workers that have started without classes, and get some of those of others. */
import type { Clock, Logger } from '@resumelb/common'
import type { HandedClass, HandOver, RequestClass } from '@resumelb/protocol'
import type { Worker } from '../worker.ts'
import { type Donation, shareOut } from './share-out.ts'

/** Milliseconds to wait for the offers of workers. */
const offerTime = 2_000

/** Classes that one worker may offer: more than a worker of ours does. Further ones are ignored. */
const maxOffered = 20_000

export interface JoinsContext {
  readonly clock: Clock
  readonly log: Logger
  /** The worker gets those classes from those workers. */
  onPlanned(worker: Worker, donors: ReadonlyMap<RequestClass, Worker>): void
}

interface Join {
  /** By the worker that offers them. */
  readonly offers: Map<Worker, HandedClass[]>
  /** Workers whose offers are not complete. */
  readonly missing: Set<Worker>
  readonly cancel: () => void
  /** Classes that it gets, once that is decided. */
  classes: readonly RequestClass[]
}

export class Joins {
  readonly #context: JoinsContext
  /** Until they are ready. */
  readonly #joins: Map<Worker, Join> = new Map()

  constructor(context: JoinsContext) {
    this.#context = context
  }

  /** Whether a worker joins. */
  get isActive(): boolean {
    return this.#joins.size > 0
  }

  /** The worker asks for classes, which others may give. */
  begin(worker: Worker, others: readonly Worker[]): void {
    if (this.#joins.has(worker)) return
    const ask = { step: 'ask', classes: [] } as const
    const asked = others.filter((other) => other.handOver(ask))
    if (asked.length === 0) return void worker.handOver({ step: 'done' })
    const cancel = this.#context.clock.after(offerTime, () => this.#plan(worker, join))
    const join: Join = { offers: new Map(), missing: new Set(asked), cancel, classes: [] }
    this.#joins.set(worker, join)
  }

  onOffer(worker: Worker, { classes, goesOn }: HandOver & { step: 'offer' }): void {
    for (const [newcomer, join] of this.#joins) {
      if (!join.missing.has(worker)) continue
      const offered = join.offers.get(worker) ?? []
      join.offers.set(worker, offered)
      offered.push(...classes.slice(0, maxOffered - offered.length))
      if (!goesOn) this.#missNoMore(worker, newcomer, join)
    }
  }

  /** The worker is ready, or does not join after all. */
  end(worker: Worker): void {
    this.#joins.get(worker)?.cancel()
    this.#joins.delete(worker)
  }

  /** The worker offers nothing more. */
  lose(worker: Worker): void {
    this.end(worker)
    for (const [newcomer, join] of this.#joins) {
      if (join.missing.has(worker)) this.#missNoMore(worker, newcomer, join)
    }
  }

  #missNoMore(worker: Worker, newcomer: Worker, join: Join): void {
    join.missing.delete(worker)
    if (join.missing.size === 0) this.#plan(newcomer, join)
  }

  #plan(worker: Worker, join: Join): void {
    join.cancel()
    join.missing.clear()
    // What another worker that joins has been promised is no longer to be had.
    const promised = new Set([...this.#joins.values()].flatMap(({ classes }) => classes))
    const offers = new Map<Worker, HandedClass[]>()
    for (const [donor, classes] of join.offers) {
      offers.set(
        donor,
        classes.filter(({ requestClass }) => !promised.has(requestClass)),
      )
    }
    const donations = shareOut(offers, this.#joins.size)
    join.classes = donations.map(({ handed }) => handed.requestClass)
    for (const { handed } of donations) worker.handOver({ step: 'prepare', handed })
    worker.handOver({ step: 'done' })
    if (donations.length === 0) return
    this.#context.log.info({ worker: worker.key, classes: donations.length }, 'worker joins')
    this.#context.onPlanned(worker, donorsOf(donations))
  }
}

function donorsOf(donations: readonly Donation<Worker>[]): Map<RequestClass, Worker> {
  return new Map(donations.map(({ from, handed }) => [handed.requestClass, from]))
}

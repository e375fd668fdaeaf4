/** A load balancer process: a real pool, and messages that take time. */
import { type Outcome, silentLogger, type WorkerTraits, type WorkerUpdate } from '@resumelb/lb'
import type { HandedClass, HandOver } from '@resumelb/protocol'
import {
  HandOvers,
  type HandOversContext,
} from '../../packages/lb/src/workers/hand-over/hand-overs.ts'
import type { EventQueue } from './event-queue.ts'
import type { Chooser } from './policies.ts'
import type { SimWorker } from './sim-worker.ts'
import type { Request } from './workload.ts'

/** How often a client tries again when its request has failed. */
const maxTries = 10

interface Waiting {
  readonly request: Request
  readonly done: () => void
  readonly tries: number
}

/** What hand-overs need of workers, simulated ones have as well. */
interface SimHandOvers {
  begin(worker: SimWorker, message: HandOver & { step: 'leaving' }): void
  receive(worker: SimWorker, message: HandOver, others: Iterable<SimWorker>): boolean
  lose(worker: SimWorker): void
  traitsOf(worker: SimWorker, traits: WorkerTraits): WorkerTraits
  onUpdate(worker: SimWorker, news: WorkerUpdate): void
}

function handOversOf({ pool }: Chooser, events: EventQueue): SimHandOvers {
  const context = {
    clock: events.clock,
    log: silentLogger,
    summaries: () => pool.summaries?.(events.now),
    choose: (requestClass: string, avoid: ReadonlySet<SimWorker>) =>
      pool.explain?.({ requestClass }, events.now, avoid)?.chosen,
  }
  return new HandOvers(context as unknown as HandOversContext) as unknown as SimHandOvers
}

export class Balancer {
  readonly #number: number
  readonly #delay: number
  readonly #events: EventQueue
  readonly #chooser: Chooser
  readonly #handOvers: SimHandOvers
  /** Requests that came while there was no worker. */
  #waiting: Waiting[] = []
  #isGone = false

  constructor(number: number, delay: number, events: EventQueue, chooser: Chooser) {
    this.#number = number
    this.#delay = delay
    this.#events = events
    this.#chooser = chooser
    this.#handOvers = handOversOf(chooser, events)
  }

  /**
   * Takes a request; `done` is called when its client has the answer. `from` is the worker that has
   * given it back.
   */
  handle(request: Request, done: () => void, tries = 1, from?: ReadonlySet<SimWorker>): void {
    const { now } = this.#events
    const assignment = this.#chooser.choose(request, now, from)
    if (!assignment) {
      this.#waiting.push({ request, done, tries })
      return
    }
    const { worker } = assignment
    this.#afterDelay(() =>
      worker.receive({
        request,
        standing: assignment.standing,
        balancer: this.#number,
        isMovable: tries === 1,
        estimate: 0,
        isNew: false,
        exact: 0,
        sentAt: 0,
        giveBack: (isOwn) =>
          this.#afterDelay(() => {
            const waitedFor = isOwn ? 'own' : 'others'
            assignment.finish(this.#events.now, { result: 'refused', waitedFor })
            this.handle(request, done, tries + 1, new Set([worker]))
          }),
        answer: (outcome: Outcome) =>
          this.#afterDelay(() => {
            assignment.finish(this.#events.now, outcome)
            if (outcome.result === 'served' || tries >= maxTries) done()
            else this.handle(request, done, tries + 1)
          }),
      }),
    )
  }

  /** Hears of a worker, after as long as a message takes. */
  hear(worker: SimWorker, news: WorkerUpdate): void {
    this.#afterDelay(() => {
      if (this.#isGone) return
      this.#update(worker, news)
      this.#handOvers.onUpdate(worker, news)
      const waiting = this.#waiting
      this.#waiting = []
      for (const { request, done, tries } of waiting) this.handle(request, done, tries)
    })
  }

  /** Hears that a worker is about to leave, likewise. */
  hearLeaving(worker: SimWorker, message: HandOver & { step: 'leaving' }): void {
    this.#afterDelay(() => {
      this.#handOvers.begin(worker, message)
      this.#update(worker, { traits: worker.traits })
    })
  }

  /** Hears that another load balancer plans for the worker, likewise. */
  hearLeader(worker: SimWorker): void {
    this.#afterDelay(() => {
      this.#handOvers.receive(worker, { step: 'lead', leads: false }, [])
      this.#update(worker, { traits: worker.traits })
    })
  }

  /** Hears what a worker offers, likewise. */
  hearOffer(worker: SimWorker, classes: readonly HandedClass[]): void {
    const message = { step: 'offer', goesOn: false, classes } as const
    this.#afterDelay(() => this.#handOvers.receive(worker, message, []))
  }

  #update(worker: SimWorker, news: WorkerUpdate): void {
    const traits = news.traits && this.#handOvers.traitsOf(worker, news.traits)
    const shown = traits === undefined ? news : { ...news, traits }
    this.#chooser.pool.update(worker, shown, this.#events.now)
  }

  /** Another second has passed. */
  tick(): void {
    if (!this.#isGone) this.#chooser.pool.tick?.(this.#events.now)
  }

  /** Loses a worker: its drain notice, or the end of the connection. */
  lose(worker: SimWorker): void {
    this.#afterDelay(() => {
      this.#handOvers.lose(worker)
      this.#chooser.pool.remove(worker, this.#events.now)
    })
  }

  /** Without delay means at once: no decision is made while a message is under way. */
  #afterDelay(happen: () => void): void {
    if (this.#delay === 0) happen()
    else this.#events.after(this.#delay, happen)
  }

  /** Hears no more. What it has begun, it finishes. */
  leave(): void {
    this.#isGone = true
  }
}

/** Which workers are connected and answer, as events: of each of them, and of there being none. */
import { type Clock, Reminder } from '@resumelb/common'
import type { LoadBalancerEvents } from '../events.ts'
import type { ServiceStage } from './link-traits.ts'
import type { Worker } from './worker.ts'

/** Milliseconds without a worker before the first report: at first, workers have to connect. */
export const absencePatience = 1_000

export interface PresenceOptions {
  readonly clock: Clock
  /** Gets an event for each change, and `noWorker` while there is none. */
  readonly events: LoadBalancerEvents
  /** Workers that are listed. */
  readonly listed: () => number
  /** Requests that wait for a worker. */
  readonly waiting: () => number
}

export class Presence {
  readonly #clock: Clock
  readonly #events: LoadBalancerEvents
  /** When the last worker was lost, or the first list became known. */
  readonly #absence: Reminder
  #isListKnown = false
  /** The connected ones. */
  readonly #up: Set<Worker> = new Set()
  /** Those that do not answer PINGs, with the second since when. */
  readonly #unresponsive: Map<Worker, number> = new Map()

  constructor({ clock, events, listed, waiting }: PresenceOptions) {
    this.#clock = clock
    this.#events = events
    this.#absence = new Reminder(clock, absencePatience, (absence) => {
      const seconds = absence / 1000
      events.emit('noWorker', { workers: listed(), waiting: waiting(), seconds })
    })
  }

  /**
   * The list of workers is known: from the first time on, none is missed without a reason. Before
   * that, the discovery says what it waits for.
   */
  listKnown(): void {
    if (this.#isListKnown) return
    this.#isListKnown = true
    this.#absence.begin()
  }

  /** There is a worker, or none is missed any more. */
  endAbsence(): void {
    this.#absence.end()
  }

  has(worker: Worker): boolean {
    return this.#up.has(worker)
  }

  /** A worker is connected, with the version of its application and so many classes. */
  rise(worker: Worker, version: string, classes: number): void {
    this.#up.add(worker)
    this.#events.emit('workerUp', { worker: worker.key, version, classes })
  }

  /** A worker is not connected any more; `isLast`: no other is. */
  sink(worker: Worker, reason: string, isLast: boolean): void {
    if (isLast) this.#absence.begin()
    this.#unresponsive.delete(worker)
    if (this.#up.delete(worker)) this.#events.emit('workerDown', { worker: worker.key, reason })
  }

  /** A worker serves, is out of service, or is about to stop, from now on. */
  enter({ key }: Worker, stage: ServiceStage): void {
    this.#events.emit(stageEvents[stage], { worker: key })
  }

  /** A worker does not answer PINGs. */
  silent(worker: Worker): void {
    this.#unresponsive.set(worker, this.#seconds)
    const { backlog: requests } = worker.snapshot()
    this.#events.emit('workerUnresponsive', { worker: worker.key, requests })
  }

  /** A worker answers again, if it did not. */
  answers(worker: Worker): void {
    const since = this.#unresponsive.get(worker)
    if (since === undefined) return
    this.#unresponsive.delete(worker)
    this.#events.emit('workerResponsive', { worker: worker.key, seconds: this.#seconds - since })
  }

  get #seconds(): number {
    return this.#clock.now() / 1000
  }
}

const stageEvents = {
  serving: 'maintenanceEnded',
  maintenance: 'maintenanceBegan',
  draining: 'workerDraining',
} as const

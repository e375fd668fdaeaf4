/**
 * Takes a worker out that fails too often in a row, for a pause that grows each time. Pure.
 *
 * After its pause the worker gets requests again; until one succeeds, one more failure is enough to
 * take it out for twice as long.
 */

export interface EjectionOptions {
  /** Failures in a row that take a worker out; 0: none ever does. */
  readonly maxFailures: number
  /** Milliseconds that it is out for the first time. */
  readonly ejectionTime: number
  /** Milliseconds that it is never out for longer. */
  readonly maxEjectionTime: number
}

/** At most this part of the workers is out at once. */
const maxShare = 0.5

interface Trouble {
  failures: number
  /** Times that it was taken out without a good while in between. */
  ejections: number
  /** When its present or last pause ends. */
  until: number
}

export class Ejections<Worker> {
  readonly #options: EjectionOptions
  /** Only workers that have failed lately: usually none. */
  readonly #troubles: Map<Worker, Trouble> = new Map()
  readonly #out: Set<Worker> = new Set()

  constructor(options: EjectionOptions) {
    this.#options = options
  }

  /** Who is out. */
  get out(): ReadonlySet<Worker> {
    return this.#out
  }

  /** A request has ended well. `now` is in milliseconds. */
  succeeded(worker: Worker, now: number): void {
    if (this.#troubles.size === 0) return
    const trouble = this.#troubles.get(worker)
    if (trouble === undefined) return
    trouble.failures = 0
    const calm = this.#pause(trouble.ejections)
    if (now >= trouble.until + calm) this.#troubles.delete(worker)
  }

  /**
   * A request has failed by the worker's fault. Returns the milliseconds that the worker is out for
   * if this was one too many. `size` is the number of workers, this one included.
   */
  failed(worker: Worker, now: number, size: number): number | undefined {
    const { maxFailures } = this.#options
    if (maxFailures === 0 || this.#out.has(worker)) return undefined
    const trouble = this.#trouble(worker)
    trouble.failures++
    if (trouble.failures < maxFailures || this.#out.size + 1 > size * maxShare) return undefined
    trouble.ejections++
    const pause = this.#pause(trouble.ejections)
    trouble.until = now + pause
    this.#out.add(worker)
    return pause
  }

  /** Lets those back, and returns them, whose pause is over. */
  takeRecovered(now: number): Worker[] {
    const recovered: Worker[] = []
    for (const worker of this.#out) {
      const trouble = this.#trouble(worker)
      if (trouble.until > now) continue
      trouble.failures = this.#options.maxFailures - 1
      recovered.push(worker)
    }
    for (const worker of recovered) this.#out.delete(worker)
    return recovered
  }

  /** The worker is gone for good. */
  forget(worker: Worker): void {
    this.#troubles.delete(worker)
    this.#out.delete(worker)
  }

  #trouble(worker: Worker): Trouble {
    let trouble = this.#troubles.get(worker)
    if (trouble === undefined) {
      trouble = { failures: 0, ejections: 0, until: Number.NEGATIVE_INFINITY }
      this.#troubles.set(worker, trouble)
    }
    return trouble
  }

  #pause(ejections: number): number {
    const { ejectionTime, maxEjectionTime } = this.#options
    return Math.min(ejectionTime * 2 ** Math.max(ejections - 1, 0), maxEjectionTime)
  }
}

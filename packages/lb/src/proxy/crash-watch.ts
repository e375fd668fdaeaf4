/**
 * Repeats requests whose worker has crashed, so that one that crashes workers does little harm.
 * Pure.
 *
 * Each request that was in progress at the crash may be the cause. It is repeated once, *apart*
 * from the others: one repeat at a time on a worker, one at a time of a class, and one ready worker
 * is kept free of them. If the worker of a repeat crashes too, its class is convicted (see
 * {@link Suspects}), and the others are cleared: they are repeated at once.
 *
 *     in progress ──crash──▶ held ──its turn──▶ tried ──▶ ended
 *                              │                  └──crash──▶ convicted: not repeated
 *                              └──another class is convicted──▶ cleared
 */
import type { RequestClass } from '@resumelb/protocol'
import { Suspects, type Victim } from './suspects.ts'

/** Milliseconds that a request is held at most to be repeated apart from the others. */
export const maxApartTime = 2_000

/** Least milliseconds in which a repeat may crash its worker, and in which it is alone there. */
const minFuse = 1_000

/** A repeat is harmless when it has run so many times as long as until the crash. */
const fuseFactor = 1.5

/** Milliseconds after the last request of a harmless class in which a worker is kept for others. */
const needTime = 10_000

/** A request that was in progress at a worker when that crashed. */
export interface CrashVictim<Request> {
  readonly request: Request
  readonly requestClass: RequestClass
  /** Whether it may be repeated at all. */
  readonly mayRepeat: boolean
  /** See {@link CrashWatch.isTried}. */
  readonly isRepeat: boolean
  /** Milliseconds that it had been at the worker. */
  readonly age: number
}

/** What is to become of a request. */
export interface Verdict<Request> {
  readonly request: Request
  /**
   * `again`: repeated at once. `held`: see {@link CrashWatch.next}. `released`: was held, and is
   * repeated at once. `lost`, `lostTwice`: not repeated, after one crash, or two.
   */
  readonly fate: 'again' | 'held' | 'released' | 'lost' | 'lostTwice'
}

/** What follows from a crash. */
export interface Judgement<Request> {
  /** Of its requests, and of others that were held. */
  readonly verdicts: readonly Verdict<Request>[]
  /** The class that is convicted from now on, if there is one. */
  readonly convicted: RequestClass | undefined
}

/** The workers as they are now. */
export interface Field<Worker> {
  /** Those that accept requests. */
  readonly ready: readonly Worker[]
  /** All that are listed. */
  readonly total: number
  /** Requests in progress, but for the one in question. */
  readonly others: number
}

/** The first crash of a request. */
interface Crash {
  readonly classes: ReadonlySet<RequestClass>
}

interface Suspect {
  readonly requestClass: RequestClass
  readonly crash: Crash
  /** Milliseconds after which a repeat is harmless. */
  readonly fuse: number
  readonly since: number
  isTried: boolean
}

/** A dangerous request in progress. */
interface Risk<Worker> {
  readonly worker: Worker
  readonly requestClass: RequestClass
  readonly until: number
  readonly isRepeat: boolean
}

export class CrashWatch<Request, Worker> {
  readonly #suspects: Suspects = new Suspects()
  /** Requests that were at a crash, until they end or are cleared; held ones in their order. */
  readonly #repeats: Map<Request, Suspect> = new Map()
  readonly #risks: Map<Request, Risk<Worker>> = new Map()
  /** When a request of a class that is not convicted came last. */
  #neededAt = Number.NEGATIVE_INFINITY

  /** Whether there is nothing to watch. */
  get isIdle(): boolean {
    return this.#suspects.size === 0 && this.#repeats.size === 0
  }

  /** Whether a request that was at a crash, and was not cleared, has been repeated. */
  isTried(request: Request): boolean {
    return this.#repeats.get(request)?.isTried === true
  }

  /** Judges a crash, and says what becomes of its requests, and of those that are held. */
  onCrash(
    victims: readonly CrashVictim<Request>[],
    isOnly: (requestClass: RequestClass) => boolean,
    now: number,
  ): Judgement<Request> {
    const wasConvicted = new Set(
      victims.flatMap(({ requestClass }) =>
        this.#suspects.isConvicted(requestClass, now) ? [requestClass] : [],
      ),
    )
    const blame = this.#suspects.judge(victims, isOnly, now)
    const isGuilty = (requestClass: RequestClass, isRepeat: boolean) =>
      requestClass === blame?.requestClass && (blame.isConvicted || isRepeat)
    const fateOf = ({ requestClass, isRepeat }: Victim): Verdict<Request>['fate'] => {
      if (blame === undefined) return isRepeat ? 'lostTwice' : 'held'
      if (isGuilty(requestClass, isRepeat)) return isRepeat ? 'lostTwice' : 'lost'
      return 'again'
    }
    for (const { request } of victims) this.ended(request, false)
    const verdicts = victims.map((victim) => ({
      request: victim.request,
      fate: victim.mayRepeat ? fateOf(victim) : 'lost',
    }))
    const crash = { classes: new Set(victims.map(({ requestClass }) => requestClass)) }
    verdicts.forEach(({ request, fate }, at) => {
      const victim = victims[at]
      if (fate === 'held' && victim !== undefined) this.#hold(request, victim, crash, now)
    })
    if (!blame?.isConvicted) return { verdicts, convicted: undefined }
    const { requestClass } = blame
    const isNew = !wasConvicted.has(requestClass)
    return {
      verdicts: [...verdicts, ...this.#release(requestClass)],
      convicted: isNew ? requestClass : undefined,
    }
  }

  /** The requests that are held and may be tried now, each with the workers to avoid. */
  *next(
    field: Field<Worker>,
    now: number,
  ): Iterable<{ readonly request: Request; readonly avoid: ReadonlySet<Worker> }> {
    for (const [request, { requestClass, since, isTried }] of this.#repeats) {
      if (isTried) continue
      const isOverdue = now - since >= maxApartTime
      if (!isOverdue && this.#isTrying(requestClass, now)) continue
      const avoid = this.#workersToAvoid(field, isOverdue, now)
      if (avoid !== undefined) yield { request, avoid }
    }
  }

  /**
   * The workers to avoid for a request that is not held; `refused` if it must not go to any. Nearly
   * always `undefined`.
   */
  avoid(
    requestClass: RequestClass,
    field: () => Field<Worker>,
    now: number,
  ): ReadonlySet<Worker> | 'refused' | undefined {
    if (!this.#suspects.isConvicted(requestClass, now)) {
      this.#neededAt = now
      return this.#trying(requestClass, field, now)
    }
    return this.#workersToAvoid(field(), true, now) ?? 'refused'
  }

  /** A request has been given to a worker. */
  assigned(request: Request, requestClass: RequestClass, worker: Worker, now: number): void {
    const suspect = this.#repeats.get(request)
    if (suspect !== undefined && !suspect.isTried) {
      suspect.isTried = true
      const until = now + suspect.fuse
      this.#risks.set(request, { worker, requestClass, until, isRepeat: true })
    } else if (this.#suspects.isConvicted(requestClass, now)) {
      const until = now + minFuse
      this.#risks.set(request, { worker, requestClass, until, isRepeat: false })
    }
  }

  /** A request has ended, or is at no worker any more. */
  ended(request: Request, isServed: boolean): void {
    this.#risks.delete(request)
    const suspect = this.#repeats.get(request)
    if (suspect === undefined) return
    this.#repeats.delete(request)
    if (isServed && suspect.isTried) this.#suspects.survived(suspect.requestClass)
  }

  /** The held requests that have waited so many milliseconds; forgets what is long ago. */
  expired(maxWait: number, now: number): Request[] {
    this.#suspects.prune(now)
    for (const [request, { until }] of this.#risks) if (until <= now) this.#risks.delete(request)
    const most = Math.max(maxWait, maxApartTime)
    return [...this.#repeats].flatMap(([request, { since, isTried }]) =>
      !isTried && now - since >= most ? [request] : [],
    )
  }

  #hold(request: Request, victim: CrashVictim<Request>, crash: Crash, now: number): void {
    const { requestClass, age } = victim
    const fuse = Math.max(minFuse, fuseFactor * age)
    this.#repeats.set(request, { requestClass, crash, fuse, since: now, isTried: false })
  }

  /** What becomes of held requests, once a class is known to have caused a crash. */
  #release(guilty: RequestClass): Verdict<Request>[] {
    const verdicts: Verdict<Request>[] = []
    for (const [request, { requestClass, crash, isTried }] of this.#repeats) {
      const isGuilty = requestClass === guilty
      if (!isGuilty && !crash.classes.has(guilty)) continue
      if (isTried && isGuilty) continue
      this.#repeats.delete(request)
      this.#risks.delete(request)
      if (!isTried) verdicts.push({ request, fate: isGuilty ? 'lost' : 'released' })
    }
    return verdicts
  }

  /**
   * Workers with repeats of other classes, for a request of a suspect class: if such a worker
   * crashes, it should be clear which class is to blame. `undefined` if no other worker is ready.
   */
  #trying(
    requestClass: RequestClass,
    field: () => Field<Worker>,
    now: number,
  ): ReadonlySet<Worker> | undefined {
    if (this.#risks.size === 0 || !this.#suspects.isSuspect(requestClass, now)) return undefined
    const workers = new Set<Worker>()
    for (const risk of this.#risks.values()) {
      const isOther = risk.isRepeat && risk.requestClass !== requestClass
      if (isOther && risk.until > now) workers.add(risk.worker)
    }
    return field().ready.some((worker) => !workers.has(worker)) ? workers : undefined
  }

  #isTrying(requestClass: RequestClass, now: number): boolean {
    for (const risk of this.#risks.values()) {
      if (risk.isRepeat && risk.requestClass === requestClass && risk.until > now) return true
    }
    return false
  }

  /** Dangerous requests in progress, the held ones included. */
  get #dangerous(): number {
    let count = this.#repeats.size
    for (const { isRepeat } of this.#risks.values()) if (!isRepeat) count++
    return count
  }

  /**
   * The workers that a dangerous request must not go to, so that one that is ready stays without
   * any; `undefined` if it must not go to any. `mayShare`: it may join other dangerous requests.
   */
  #workersToAvoid(
    { ready, total, others }: Field<Worker>,
    mayShare: boolean,
    now: number,
  ): ReadonlySet<Worker> | undefined {
    const risky = new Set<Worker>()
    for (const { worker, until } of this.#risks.values()) if (until > now) risky.add(worker)
    const clean = ready.filter((worker) => !risky.has(worker))
    const isNeeded = total > 1 && (others > this.#dangerous || now - this.#neededAt < needTime)
    if (clean.length > (isNeeded ? 1 : 0)) return mayShare ? none : risky
    if (!mayShare) return undefined
    if (!isNeeded) return none
    return clean.length === 1 && ready.length > 1 ? new Set(clean) : undefined
  }
}

const none: ReadonlySet<never> = new Set<never>()

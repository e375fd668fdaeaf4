/**
 * Which request classes crash workers, judged by what was in progress at each crash. Pure.
 *
 *     unknown ──in progress at a crash──▶ suspect ──blamed for another──▶ convicted
 *        ▲                                   │                               │
 *        └───────repeat survived, or no crash for `watchTime`────────────────┘
 */
import type { RequestClass } from '@resumelb/protocol'

/** Milliseconds after its last crash in which a class is remembered. */
export const watchTime = 60_000

/** Classes that are remembered; beyond, those whose last crash is longest ago are forgotten. */
export const maxSuspects = 1_000

/** A request that was in progress at a worker when that crashed. */
export interface Victim {
  readonly requestClass: RequestClass
  /** Whether it was in progress at another crash before, for which no other class is to blame. */
  readonly isRepeat: boolean
  /** Whether it is to be repeated, which can show that it is harmless. */
  readonly mayRepeat: boolean
}

/** Whose fault a crash was. */
export interface Blame {
  readonly requestClass: RequestClass
  /** Whether all requests of the class are treated as dangerous from now on. */
  readonly isConvicted: boolean
}

interface Suspicion {
  /** Crashes at which it was in progress and for which no other class is to blame. */
  crashes: number
  lastAt: number
  isConvicted: boolean
  /** Whether repeats can clear the class: each of its requests was repeated. */
  isProvable: boolean
}

export class Suspects {
  /** In the order of their last crashes. */
  readonly #suspicions: Map<RequestClass, Suspicion> = new Map()

  /** Classes that are suspect or convicted. */
  get size(): number {
    return this.#suspicions.size
  }

  /** Times are in milliseconds, here and below. */
  isConvicted(requestClass: RequestClass, now: number): boolean {
    return this.#present(requestClass, now)?.isConvicted === true
  }

  /** Whether the class was at a crash that is not explained. */
  isSuspect(requestClass: RequestClass, now: number): boolean {
    return this.#present(requestClass, now) !== undefined
  }

  /**
   * Judges a crash. `isOnly` says that no request of another class is in progress anywhere: then a
   * class is not convicted, as nothing would be protected.
   *
   * A class that is convicted already is to blame. Else the crash counts for each class, and the
   * one with the most crashes is to blame, if it has two or more, and no other has as many.
   */
  judge(
    victims: readonly Victim[],
    isOnly: (requestClass: RequestClass) => boolean,
    now: number,
  ): Blame | undefined {
    const classes = [...new Set(victims.map(({ requestClass }) => requestClass))]
    const convicted = classes.filter((requestClass) => this.isConvicted(requestClass, now))
    const known = this.#leaderOf(convicted, 0, now) ?? convicted[0]
    if (known !== undefined) return this.#convict(known, this.#count(known, now))
    for (const requestClass of classes) {
      const own = victims.filter((victim) => victim.requestClass === requestClass)
      const suspicion = this.#count(requestClass, now)
      suspicion.isProvable &&= own.every(({ mayRepeat }) => mayRepeat)
    }
    const leader = this.#leaderOf(classes, 1, now)
    if (leader === undefined) return undefined
    if (!isOnly(leader)) return this.#convict(leader, this.#suspicions.get(leader))
    const isRepeat = victims.some((victim) => victim.isRepeat && victim.requestClass === leader)
    return isRepeat ? { requestClass: leader, isConvicted: false } : undefined
  }

  /** A request of the class was repeated, and its worker has not crashed. */
  survived(requestClass: RequestClass): void {
    const suspicion = this.#suspicions.get(requestClass)
    if (suspicion === undefined || suspicion.isConvicted || !suspicion.isProvable) return
    this.#suspicions.delete(requestClass)
  }

  /** Forgets what is long ago. */
  prune(now: number): void {
    for (const [requestClass, { lastAt }] of this.#suspicions) {
      if (now - lastAt < watchTime) return
      this.#suspicions.delete(requestClass)
    }
  }

  #present(requestClass: RequestClass, now: number): Suspicion | undefined {
    const suspicion = this.#suspicions.get(requestClass)
    return suspicion !== undefined && now - suspicion.lastAt < watchTime ? suspicion : undefined
  }

  #count(requestClass: RequestClass, now: number): Suspicion {
    const none = { crashes: 0, lastAt: now, isConvicted: false, isProvable: true }
    const suspicion = this.#present(requestClass, now) ?? none
    suspicion.crashes++
    suspicion.lastAt = now
    this.#suspicions.delete(requestClass)
    this.#suspicions.set(requestClass, suspicion)
    if (this.#suspicions.size > maxSuspects) this.#forgetOldest()
    return suspicion
  }

  #forgetOldest(): void {
    for (const requestClass of this.#suspicions.keys()) {
      this.#suspicions.delete(requestClass)
      return
    }
  }

  #convict(requestClass: RequestClass, suspicion: Suspicion | undefined): Blame {
    if (suspicion !== undefined) suspicion.isConvicted = true
    return { requestClass, isConvicted: true }
  }

  /** The class with the most crashes, if that is more than `least`, and than each other. */
  #leaderOf(
    classes: readonly RequestClass[],
    least: number,
    now: number,
  ): RequestClass | undefined {
    let leader: RequestClass | undefined
    let most = least
    for (const requestClass of classes) {
      const crashes = this.#present(requestClass, now)?.crashes ?? 0
      if (crashes === most) leader = undefined
      if (crashes <= most) continue
      most = crashes
      leader = requestClass
    }
    return leader
  }
}

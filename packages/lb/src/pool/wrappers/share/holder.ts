/** Where a class holds slots. Pure. */
import { type Linked, LinkedList } from '@resumelb/common'
import type { Outcome } from '../../pool.ts'
import type { Holding } from './holding.ts'

/** A request in progress. */
export interface HeldSlot<Worker> extends Linked<HeldSlot<Worker>> {
  readonly worker: Worker
}

/** Seconds for which a class counts as kept waiting by others, and as one that is slow itself. */
const blockedTime = 10
const hangingTime = 60

/** Requests that usually take so many seconds are long. */
const longTime = 1

/** A class, or all classes together that have no share of their own. */
export class Holder<Worker> implements Linked<Holder<Worker>> {
  readonly name: string
  /** All newcomers together, if it is one of them. */
  group: Holder<Worker> | undefined
  /** Its requests in progress. */
  readonly #held = new LinkedList<HeldSlot<Worker>>()
  /**
   * The newcomers with requests in progress, if this is all of them together: a list for each of
   * thousands of classes would be empty.
   */
  #members: LinkedList<Holder<Worker>> | undefined
  /** How many requests these are. */
  requests = 0
  /** When requests of its own, and of other classes only, last kept some of its requests waiting. */
  #blocksItselfAt = Number.NEGATIVE_INFINITY
  #isBlockedAt = Number.NEGATIVE_INFINITY
  /** When a request of it last ended, if these take long. */
  #wasLongAt = Number.NEGATIVE_INFINITY
  /** Where they are, if there are several. */
  holding: Holding<Worker> | undefined
  before: Holder<Worker> | undefined
  after: Holder<Worker> | undefined
  isChained = false

  constructor(name: string, group?: Holder<Worker>) {
    this.name = name
    this.group = group
  }

  /** Whether it has a share of its own. */
  get isKnown(): boolean {
    return this.group === undefined
  }

  add(held: HeldSlot<Worker>): void {
    this.#held.add(held)
    this.#count(held.worker)
    if (this.group === undefined) return
    this.group.#addMember(this)
    this.group.#count(held.worker)
  }

  remove(held: HeldSlot<Worker>): void {
    this.#held.remove(held)
    this.#discount(held.worker)
    if (this.group === undefined) return
    if (this.requests === 0) this.group.#members?.remove(this)
    this.group.#discount(held.worker)
  }

  /** It has a share of its own from now on, in which its requests in progress count. */
  leaveGroup(): void {
    const { group } = this
    if (group === undefined) return
    this.group = undefined
    this.holding = undefined
    if (this.requests === 0) return
    group.#members?.remove(this)
    for (const { worker } of this.#held) group.#discount(worker)
  }

  /** A request of it has ended. */
  ended({ seconds, skill, waitedFor }: Outcome, now: number): void {
    const usual = skill?.seconds ?? seconds
    if (usual !== undefined) this.#wasLongAt = usual < longTime ? Number.NEGATIVE_INFINITY : now
    if (waitedFor === 'own') this.#blocksItselfAt = now
    else if (waitedFor === 'others') this.#isBlockedAt = now
  }

  /** Whether its requests hang, or take long. */
  isSlow(now: number): boolean {
    return now - Math.max(this.#wasLongAt, this.#blocksItselfAt) <= hangingTime
  }

  /** The workers of its requests, each as many times as it has requests there. */
  *workers(): Generator<Worker, void, undefined> {
    for (const { worker } of this.#held) yield worker
    for (const member of this.#members ?? []) yield* member.workers()
  }

  /** Whether its requests wait because others hang, and not because its own do. */
  isBlocked(now: number): boolean {
    return now - this.#isBlockedAt < blockedTime && now - this.#blocksItselfAt > hangingTime
  }

  #addMember(newcomer: Holder<Worker>): void {
    const members = this.#members ?? new LinkedList<Holder<Worker>>()
    this.#members = members
    members.add(newcomer)
  }

  #count(worker: Worker): void {
    this.requests++
    this.holding?.add(worker)
  }

  #discount(worker: Worker): void {
    this.requests--
    if (this.requests > 0) return this.holding?.remove(worker)
    this.holding = undefined
  }
}

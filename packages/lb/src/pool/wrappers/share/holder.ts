/** Where a class holds slots. Pure. */
import { type Linked, LinkedList } from '@resumelb/common'
import type { GivenBack } from '../../pick.ts'
import type { Holding } from './holding.ts'

/** A request in progress. */
export interface HeldSlot<Worker> extends Linked<HeldSlot<Worker>> {
  readonly worker: Worker
}

/** Seconds for which a class counts as kept waiting by others, and as one that hangs itself. */
const blockedTime = 10
const hangingTime = 60

/** A class, or all classes together that have no share of their own. */
export class Holder<Worker> implements Linked<Holder<Worker>> {
  readonly name: string
  /** All newcomers together, if it is one of them. */
  readonly group: Holder<Worker> | undefined
  /** Its requests in progress. */
  readonly #held = new LinkedList<HeldSlot<Worker>>()
  /** The newcomers with requests in progress, if this is all of them together. */
  readonly #members = new LinkedList<Holder<Worker>>()
  /** How many requests these are. */
  requests = 0
  /** When requests of its own, and of other classes only, last kept some of its requests waiting. */
  #blocksItselfAt = Number.NEGATIVE_INFINITY
  #isBlockedAt = Number.NEGATIVE_INFINITY
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
    this.group.#members.add(this)
    this.group.#count(held.worker)
  }

  remove(held: HeldSlot<Worker>): void {
    this.#held.remove(held)
    this.#discount(held.worker)
    if (this.group === undefined) return
    if (this.requests === 0) this.group.#members.remove(this)
    this.group.#discount(held.worker)
  }

  /** The workers of its requests, each as many times as it has requests there. */
  *workers(): Generator<Worker, void, undefined> {
    for (const { worker } of this.#held) yield worker
    for (const member of this.#members) yield* member.workers()
  }

  /** A worker gave one of its requests back. The same may be said more than once. */
  wasGivenBack(givenBack: GivenBack): void {
    this.#blocksItselfAt = latest(this.#blocksItselfAt, 'own', givenBack)
    this.#isBlockedAt = latest(this.#isBlockedAt, 'others', givenBack)
  }

  /**
   * Whether its requests wait because others hang, and not because its own do; `givenBack` counts as
   * well.
   */
  isBlocked(now: number, givenBack: GivenBack | undefined): boolean {
    const isBlockedAt = latest(this.#isBlockedAt, 'others', givenBack)
    const blocksItselfAt = latest(this.#blocksItselfAt, 'own', givenBack)
    return now - isBlockedAt < blockedTime && now - blocksItselfAt > hangingTime
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

/** When a request was last given back for this reason. */
function latest(
  known: number,
  waitedFor: GivenBack['waitedFor'],
  givenBack: GivenBack | undefined,
): number {
  return givenBack?.waitedFor === waitedFor ? Math.max(known, givenBack.at) : known
}

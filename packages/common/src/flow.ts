/** What waits and runs in a fair queue: flows, and their turns. Pure. */
import type { InHeap } from './heap.ts'
import { type Linked, LinkedList } from './linked-list.ts'

/** Seconds that a turn costs at least: a flow whose turns were free could have all of them. */
export const leastCost = 0.0001

/** A turn that takes so many times as long as usual is charged in full. */
const longTurn = 2

/**
 * A turn is late when it has run so many times as long as was expected, and so many seconds. Then
 * it may hang. Of exponentially distributed times, 3 in 10,000 are eight times the mean.
 */
const lateFactor = 8
const lateSeconds = 0.25

/** For so many seconds, a flow may have as many turns as it had when one of them ended in time. */
const provenSeconds = 10

/**
 * What a turn is charged to: a flow of its own; as `newcomer`, one within those that are not known;
 * or all `newcomers` together.
 */
export type Account = 'own' | 'newcomer' | 'newcomers'

/** Turns that wait, in the order in which they are to begin. */
export interface Line<Item> {
  readonly size: number
  /** All that wait. */
  [Symbol.iterator](): Iterator<Turn<Item>, void, undefined>
  /** Absent if none waits, or none of them may begin. */
  readonly first: Turn<Item> | undefined
  add(turn: Turn<Item>): void
  /** Adds a turn behind those at the beginning that come before it. */
  insert(turn: Turn<Item>, comesBefore: (other: Turn<Item>) => boolean): void
  remove(turn: Turn<Item>): void
}

/** What waits and runs under one name. */
export class Flow<Item> implements InHeap, Linked<Flow<Item>> {
  readonly name: string
  readonly account: Account
  /** Only the queue changes it, and all that follows. */
  readonly waiting: Line<Item>
  /** Turns that have begun and not ended, the first to begin first. */
  readonly #begun = new LinkedList<Turn<Item>>()
  /**
   * How many turns ran when the last one ended in time. 0 when it begins, after it was idle, and
   * after a turn that was late.
   */
  runningAtEnd = 0
  /** The most of these lately, and when it was that, in seconds. */
  #proven = 0
  #provenAt = 0
  place = -1
  /** The time of its first turn, by the clock of the queue: of arrival, or the tag if that is later. */
  rank = 0
  /** Of equal ranks, that of the turn that came first comes first. */
  turn = 0
  /** Until when, by the clock of the queue, it has used its share. */
  tag = 0
  /** Turns per second that its first one lets expect. */
  pace = 0
  /** The period that its tags belong to. */
  period = -1
  /** It waits, and may not begin a turn. */
  isHeld = false
  before: Flow<Item> | undefined
  after: Flow<Item> | undefined
  isChained = false

  constructor(name: string, account: Account, waiting: Line<Item>) {
    this.name = name
    this.account = account
    this.waiting = waiting
  }

  /** Turns that have begun and not ended. */
  get running(): number {
    return this.#begun.size
  }

  /** These, the first to begin first. */
  get begun(): Iterable<Turn<Item>> {
    return this.#begun
  }

  /** A turn begins, at `now` seconds. */
  begin(turn: Turn<Item>, now: number): void {
    turn.beganAt = now
    this.#begun.add(turn)
  }

  /** A turn that has begun ends, at `now` seconds. */
  end(turn: Turn<Item>, now: number): void {
    this.#prove(turn.isLate(now) ? 0 : this.running, now)
    this.#begun.remove(turn)
  }

  #prove(turns: number, now: number): void {
    this.runningAtEnd = turns
    if (turns > 0 && turns < this.#proven && now - this.#provenAt < provenSeconds) return
    this.#proven = turns
    this.#provenAt = now
  }

  /**
   * Whether so many turns may be expected to end in time, at `now` seconds: no more than lately, or
   * one more than when the last one ended.
   */
  hasProven(turns: number, now: number): boolean {
    if (this.runningAtEnd > 0 && turns <= this.runningAtEnd + 1) return true
    return turns <= this.#proven && now - this.#provenAt < provenSeconds
  }

  /** Whether so many of its turns at least are late. Looks at no more than these. */
  hasLate(count: number, now: number): boolean {
    if (this.running < count) return false
    let left = count
    for (const turn of this.#begun) {
      if (left === 0) break
      if (!turn.isLate(now)) return false
      left--
    }
    return true
  }
}

/** An item that waits or runs. */
export class Turn<Item> implements InHeap, Linked<Turn<Item>> {
  readonly item: Item
  readonly flow: Flow<Item>
  /** What it is expected to take, in seconds. */
  readonly #expected: number
  /** What it is expected to take; from its beginning, what its flow is charged for. Seconds. */
  cost: number
  /** Its turn among the newcomers, if it is one of them; and the other way round. */
  within: Turn<Item> | undefined
  outer: Turn<Item> | undefined
  isWaiting = false
  /** The period in which its flow was charged; -1 if it was not. */
  period = -1
  /** In seconds. */
  beganAt = 0
  /** When it came, by the clock of the queue, and how many came before. */
  cameAt = 0
  order = 0
  /** Flows that waited when it began, its own included. */
  flows = 1
  /** What turns take on average, if all flows that waited when it began get equal times. Seconds. */
  usual = 0
  place = -1
  /** When it will have taken longer than it was charged for, in seconds. */
  rank = 0
  turn = 0
  before: Turn<Item> | undefined
  after: Turn<Item> | undefined
  isChained = false

  constructor(item: Item, flow: Flow<Item>, cost: number) {
    this.item = item
    this.flow = flow
    this.cost = Math.max(cost, leastCost)
    this.#expected = cost
  }

  /** Whether it has run much longer than expected; only of one that runs. */
  isLate(now: number): boolean {
    return now - this.beganAt > Math.max(lateSeconds, lateFactor * this.#expected)
  }

  /**
   * By how much such a turn raises the tag of its flow. In full, seconds × flows, no flow gets more
   * than an equal share of the time. Turns of the usual length count half: a flow may use twice an
   * equal share, so that a popular class need not wait for all others after each turn. That delays
   * these by few turns, since all have equal numbers of them. Long turns count in full: nothing is
   * gained by slow requests.
   */
  weigh(seconds: number): number {
    const long = longTurn * this.usual
    const part = seconds < long ? Math.max(0.5, seconds / long) : 1
    return seconds * Math.max(2, this.flows * part)
  }

  /** Whether its class has a flow of its own. */
  get isKnown(): boolean {
    return this.flow.account === 'own'
  }
}

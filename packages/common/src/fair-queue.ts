/**
 * A queue in which turns come in the order of their arrival, except that flows which have used more
 * than an equal share let others go first. Pure.
 *
 * It reckons like VirtualClock (Zhang: "VirtualClock: A New Traffic Control Algorithm for Packet
 * Switching Networks", SIGCOMM 1990), with a clock that counts the seconds of service given to all.
 * A turn raises the tag of its flow by the seconds that it takes × the number of flows that wait,
 * from the clock or the tag, whichever is later: the tag of a flow that uses less than its share is
 * never far ahead of the clock. The next turn is the one with the least rank: when it came, by that
 * clock, or the tag of its flow less a tolerance, whichever is later. A turn is charged with what it
 * is expected to take, and corrected by what it took when it has ended.
 *
 * Tags count only while something waits: they begin anew when the queue gets empty. What a flow
 * has used while no item had to wait has delayed no other flow.
 */
import { Heap, type InHeap } from './heap.ts'
import { type Linked, LinkedList } from './linked-list.ts'

/** Maximum number of flows that have turns of their own. Names beyond share one flow. */
export const maxFlows = 1024

/**
 * Seconds that a tag may be ahead before others go first. Without it, the popular classes of a busy
 * worker would always wait for the rare ones, longer than load balancers can foresee.
 */
export const tolerance = 0.1

/**
 * Seconds that a tag is ahead at most where no other flow waits: enough to let the next one go
 * first, and no more, since it has taken nothing from others.
 */
const maxLead = 2 * tolerance

/** Seconds that a turn costs at least: a flow whose turns were free could have all of them. */
const leastCost = 0.0001

/** Seconds that a tag is ahead at most: one long request must not shut out a flow for minutes. */
const maxDebt = 10

/** What waits and runs under one name. */
export class Flow<Item> implements InHeap, Linked<Flow<Item>> {
  readonly name: string
  /** False for the one that all share who have none of their own. */
  readonly isOwn: boolean
  /** In the order in which they came. Only the queue changes it, and all that follows. */
  readonly waiting: LinkedList<Turn<Item>> = new LinkedList()
  /** Turns that have begun and not ended. */
  running = 0
  place = -1
  /** The time of its first turn, by the clock of the queue: of arrival, or the tag if that is later. */
  rank = 0
  /** Of equal ranks, that of the turn that came first comes first. */
  turn = 0
  /** Until when, by the clock of the queue, it has used its share. */
  tag = 0
  /** The period that its tags belong to. */
  period = -1
  /** It waits, and may not begin a turn. */
  isHeld = false
  before: Flow<Item> | undefined
  after: Flow<Item> | undefined
  isChained = false

  constructor(name: string, isOwn: boolean) {
    this.name = name
    this.isOwn = isOwn
  }
}

/** An item that waits or runs. */
export class Turn<Item> implements Linked<Turn<Item>> {
  readonly item: Item
  readonly flow: Flow<Item>
  /** What its flow is charged for it, in seconds. */
  cost: number
  /** The period in which its flow was charged; -1 if it was not. */
  period = -1
  /** In seconds. */
  beganAt = 0
  /** When it came, by the clock of the queue, and how many came before. */
  cameAt = 0
  order = 0
  /** Flows that waited when it began, its own included. */
  flows = 1
  before: Turn<Item> | undefined
  after: Turn<Item> | undefined
  isChained = false

  constructor(item: Item, flow: Flow<Item>, cost: number) {
    this.item = item
    this.flow = flow
    this.cost = Math.max(cost, leastCost)
  }
}

/**
 * Adding, taking and removing an item cost the logarithm of the number of flows that wait. `now` is
 * in seconds from any start.
 */
export class FairQueue<Item> {
  readonly #mayBegin: (flow: Flow<Item>) => boolean
  readonly #flows = new Map<string, Flow<Item>>()
  /** Shared by the names that have no flow of their own. */
  readonly #newcomers = new Flow<Item>('', false)
  /** Flows that wait and are not held. */
  readonly #ready = new Heap<Flow<Item>>()
  readonly #held = new LinkedList<Flow<Item>>()
  /** Flows of which nothing waits or runs, the longest idle first. */
  readonly #idle = new LinkedList<Flow<Item>>()
  #size = 0
  /** The clock: seconds of service that were given to all while something waited. */
  #served = 0
  #period = 0
  #arrivals = 0

  /** `mayBegin` says whether a flow may begin one more turn; see {@link releaseAll}. */
  constructor(mayBegin: (flow: Flow<Item>) => boolean = () => true) {
    this.#mayBegin = mayBegin
  }

  /** Items that wait. */
  get size(): number {
    return this.#size
  }

  /**
   * The turn of an item: {@link begin} or {@link add} is to be called next. `seconds` is what it is
   * expected to take. All names that are not `isKnown` share one flow, so that a client gains no
   * turns by inventing names.
   */
  turnOf(item: Item, name: string, seconds: number, isKnown: boolean): Turn<Item> {
    return new Turn(item, this.#flowOf(name, isKnown), seconds)
  }

  /** Begins a turn at once. Only if nothing waits: it is not charged. */
  begin(turn: Turn<Item>, now: number): void {
    const { flow } = turn
    this.#idle.remove(flow)
    flow.running++
    turn.beganAt = now
  }

  /** Lets a turn wait behind the others of its flow. */
  add(turn: Turn<Item>): void {
    const { flow } = turn
    turn.cameAt = this.#served
    turn.order = this.#arrivals++
    flow.waiting.add(turn)
    this.#size++
    if (flow.waiting.size > 1) {
      if (flow.isHeld) this.#release(flow)
      return
    }
    this.#idle.remove(flow)
    if (flow.period !== this.#period) {
      flow.period = this.#period
      // What it runs was begun while nothing waited, and has not been charged.
      flow.tag = Math.min(flow.running * turn.cost, maxDebt)
    }
    this.#rank(flow)
    this.#ready.add(flow)
  }

  /** Takes a turn out that waits. */
  remove(turn: Turn<Item>): void {
    if (!turn.isChained) return
    this.#unqueue(turn)
    this.#settle(turn.flow)
  }

  /** Begins the next turn. `undefined` if none waits, or none may begin. */
  take(now: number): Turn<Item> | undefined {
    const turn = this.next()
    if (turn !== undefined) this.start(turn, now)
    return turn
  }

  /** The turn that {@link take} would begin. */
  next(): Turn<Item> | undefined {
    for (;;) {
      const flow = this.#ready.first()
      if (flow === undefined) return undefined
      if (this.#mayBegin(flow)) return flow.waiting.first
      this.hold(flow)
    }
  }

  /** Passes over a flow that waits, until {@link releaseAll} or one of its turns ends. */
  hold(flow: Flow<Item>): void {
    if (flow.isHeld || flow.waiting.size === 0) return
    this.#ready.remove(flow)
    flow.isHeld = true
    this.#held.add(flow)
  }

  /** A turn that had begun has ended: its flow has used the time since then. */
  end(turn: Turn<Item>, now: number): void {
    const { flow } = turn
    flow.running--
    if (turn.period === this.#period) {
      this.#charge(turn, Math.max(now - turn.beganAt, leastCost) - turn.cost)
    }
    if (flow.isHeld) this.#release(flow)
    this.#settle(flow)
  }

  /** Asks again of each flow whether it may begin. */
  releaseAll(): void {
    for (const flow of this.#held) this.#release(flow)
  }

  /** Begins the turn that {@link next} has returned. */
  start(turn: Turn<Item>, now: number): void {
    const { flow } = turn
    flow.running++
    turn.period = this.#period
    turn.beganAt = now
    turn.flows = this.#ready.size + this.#held.size
    flow.tag = Math.max(flow.tag, this.#served)
    this.#unqueue(turn)
    if (this.#size > 0) this.#charge(turn, turn.cost)
  }

  #charge({ flow, flows }: Turn<Item>, seconds: number): void {
    this.#served += seconds
    const most = flows === 1 ? maxLead : maxDebt
    flow.tag = Math.min(flow.tag + seconds * Math.max(flows, 2), this.#served + most)
    this.#rerank(flow)
  }

  #rerank(flow: Flow<Item>): void {
    if (flow.waiting.size === 0) return
    this.#rank(flow)
    if (!flow.isHeld) this.#ready.changed(flow)
  }

  #rank(flow: Flow<Item>): void {
    const first = flow.waiting.first as Turn<Item>
    flow.rank = Math.max(first.cameAt, flow.tag - tolerance)
    flow.turn = first.order
  }

  #unqueue(turn: Turn<Item>): void {
    const { flow } = turn
    flow.waiting.remove(turn)
    this.#size--
    if (flow.waiting.size > 0) return this.#rerank(flow)
    if (flow.isHeld) this.#held.remove(flow)
    else this.#ready.remove(flow)
    flow.isHeld = false
    if (this.#size > 0) return
    this.#period++
    this.#served = 0
  }

  #release(flow: Flow<Item>): void {
    if (!this.#mayBegin(flow)) return
    flow.isHeld = false
    this.#held.remove(flow)
    this.#ready.add(flow)
  }

  #settle(flow: Flow<Item>): void {
    if (flow.running === 0 && flow.waiting.size === 0) this.#idle.add(flow)
  }

  #flowOf(name: string, isKnown: boolean): Flow<Item> {
    const flow = this.#flows.get(name)
    if (flow !== undefined) return flow
    if (!isKnown || !this.#hasRoom()) return this.#newcomers
    const own = new Flow<Item>(name, true)
    this.#flows.set(name, own)
    this.#idle.add(own)
    return own
  }

  /** An idle flow makes room for another, unless it has used more than its share. */
  #hasRoom(): boolean {
    if (this.#flows.size < maxFlows) return true
    const oldest = this.#idle.first === this.#newcomers ? this.#newcomers.after : this.#idle.first
    if (oldest === undefined) return false
    if (oldest.period === this.#period && oldest.tag > this.#served) return false
    this.#idle.remove(oldest)
    this.#flows.delete(oldest.name)
    return true
  }
}

/**
 * A queue in which flows take turns by the service time that they have used. Pure.
 *
 * Start-time fair queueing (Goyal, Vin, Cheng: "Start-time Fair Queueing: A Scheduling Algorithm
 * for Integrated Services Packet Switching Networks", SIGCOMM 1996): each flow that waits has a
 * start tag, the flow with the least is next, and virtual time is the tag that was taken last. A
 * turn raises the tag of its flow by the seconds that it is expected to take, and once it has ended
 * by the difference to those that it has taken.
 *
 * Tags count only while something waits: they begin anew when the queue gets empty. What a flow
 * has used while no item had to wait has delayed no other flow.
 */
import { Heap, type InHeap } from './heap.ts'
import { type Linked, LinkedList } from './linked-list.ts'

/** Maximum number of flows that have turns of their own. Names beyond share one flow. */
export const maxFlows = 1024

/** Seconds that a turn costs at least: a flow whose turns were free could have all of them. */
const leastCost = 0.0001

/** Seconds that a flow can owe. More would shut it out for minutes after a single long request. */
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
  /** The start tag. */
  rank = 0
  /** Of equal tags, that of the flow that began to wait first comes first. */
  turn = 0
  /** The virtual time up to which it has used its share. */
  finish = 0
  /** The virtual time when it began to wait. */
  since = 0
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
  #virtual = 0
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
      flow.finish = Math.min(flow.running * turn.cost, maxDebt)
    }
    flow.since = this.#virtual
    flow.turn = this.#arrivals++
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
      this.#charge(flow, Math.max(now - turn.beganAt, leastCost) - turn.cost)
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
    this.#virtual = Math.max(this.#virtual, flow.rank)
    flow.running++
    flow.finish = flow.rank
    // From now on it only pays for what it uses.
    flow.since = 0
    turn.period = this.#period
    turn.beganAt = now
    this.#charge(flow, turn.cost)
    this.#unqueue(turn)
  }

  #charge(flow: Flow<Item>, seconds: number): void {
    flow.finish = Math.min(flow.finish + seconds, this.#virtual + maxDebt)
    if (flow.waiting.size === 0) return
    this.#rank(flow)
    if (!flow.isHeld) this.#ready.changed(flow)
  }

  #rank(flow: Flow<Item>): void {
    flow.rank = Math.max(flow.since, flow.finish)
  }

  #unqueue(turn: Turn<Item>): void {
    const { flow } = turn
    flow.waiting.remove(turn)
    this.#size--
    if (flow.waiting.size > 0) return
    if (flow.isHeld) this.#held.remove(flow)
    else this.#ready.remove(flow)
    flow.isHeld = false
    if (this.#size > 0) return
    this.#period++
    this.#virtual = 0
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
    if (oldest.period === this.#period && oldest.finish > this.#virtual) return false
    this.#idle.remove(oldest)
    this.#flows.delete(oldest.name)
    return true
  }
}

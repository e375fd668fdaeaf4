/**
 * A queue in which turns come in the order of their arrival, except that flows which have used more
 * than their share let others go first. Pure.
 *
 * What flows have used is told by a clock and their tags: see {@link VirtualClock}. The next turn is
 * the one with the least rank: when it came, by that clock, or the tag of its flow less a tolerance,
 * whichever is later. A turn is charged with what it is expected to take, while it runs with what it
 * has taken, and corrected when it has ended.
 *
 * Names that are not known share one flow, within which they take turns in the same way (as in
 * Bennett, Zhang: "Hierarchical Packet Fair Queueing Algorithms", SIGCOMM 1996).
 */
import { Flow, leastCost, Turn } from './flow.ts'
import { FlowTable } from './flow-table.ts'
import { Heap } from './heap.ts'
import { LinkedList } from './linked-list.ts'
import { NewcomerLine } from './newcomer-line.ts'
import { maxDebt, tolerance, VirtualClock } from './virtual-clock.ts'

/** Whether an item may begin, as far as the other turns of a flow of its own are concerned. */
export type MayBegin<Item> = (item: Item, flow: Flow<Item>) => boolean

/**
 * Adding, taking and removing an item cost the logarithm of the number of flows that wait. `now` is
 * in seconds from any start.
 */
export class FairQueue<Item> {
  readonly #mayBegin: MayBegin<Item>
  readonly #flows: FlowTable<Item>
  /** Has the turns of newcomers; absent in a queue that is itself within another. */
  readonly #within: FairQueue<Item> | undefined
  /** Shared by the names that have no flow of their own. */
  readonly #newcomers: Flow<Item>
  /** Flows that wait and are not held. */
  readonly #ready = new Heap<Flow<Item>>()
  readonly #held = new LinkedList<Flow<Item>>()
  /** Turns that run and are charged; first the one that takes longer than that first. */
  readonly #charged = new Heap<Turn<Item>>()
  readonly #clock = new VirtualClock<Item>()
  #size = 0
  #arrivals = 0
  /** Turns per second of each flow that waits, if it were alone, added up. */
  #pace = 0

  /** `account` is `newcomer` for the queue of newcomers, within that of all. */
  constructor(mayBegin: MayBegin<Item> = () => true, account: 'own' | 'newcomer' = 'own') {
    this.#mayBegin = mayBegin
    this.#flows = new FlowTable(account, (flow) => !this.#clock.owes(flow))
    if (account === 'own') {
      this.#within = new FairQueue(mayBegin, 'newcomer')
      this.#newcomers = new Flow('', 'newcomers', new NewcomerLine(this.#within))
    } else this.#newcomers = new Flow('', account, new LinkedList())
  }

  /** Items that wait. */
  get size(): number {
    return this.#size
  }

  /** Turns that have begun and not ended, of the names that share one flow. */
  get runningNewcomers(): number {
    return this.#newcomers.running
  }

  /** All turns that wait. */
  *turns(): Generator<Turn<Item>, void, undefined> {
    for (const flow of this.#allFlows()) yield* flow.waiting
  }

  /** All turns that have begun and not ended. */
  *running(): Generator<Turn<Item>, void, undefined> {
    for (const flow of this.#allFlows()) yield* flow.begun
  }

  *#allFlows(): Generator<Flow<Item>, void, undefined> {
    yield* this.#flows
    yield this.#newcomers
  }

  /**
   * The turn of an item: {@link begin} or {@link add} is to be called next. `seconds` is what it is
   * expected to take. All names that are not `isKnown` share one flow, so that a client gains no
   * turns by inventing names.
   */
  turnOf(item: Item, name: string, seconds: number, isKnown: boolean): Turn<Item> {
    const flow = this.#flows.flowOf(name, isKnown) ?? this.#newcomers
    const turn = new Turn(item, flow, seconds)
    if (flow === this.#newcomers && this.#within !== undefined) {
      turn.within = this.#within.turnOf(item, name, seconds, true)
      turn.within.outer = turn
    }
    return turn
  }

  /** Whether the turn may begin at once, as far as the others of its accounts are concerned. */
  mayBegin({ item, flow, within }: Turn<Item>): boolean {
    const isFree = within === undefined || this.#within?.mayBegin(within) === true
    return isFree && this.#mayBegin(item, flow)
  }

  /** Begins a turn at once. Only if nothing waits: it is not charged. */
  begin(turn: Turn<Item>, now: number): void {
    const { flow, within } = turn
    if (within !== undefined) this.#within?.begin(within, now)
    this.#flows.use(flow)
    flow.begin(turn, now)
  }

  /** Lets a turn wait behind the others of its flow. */
  add(turn: Turn<Item>): void {
    this.#arrive(turn)
    turn.flow.waiting.add(turn)
    this.#onAdded(turn)
  }

  /** Puts off a turn that waits, or has just come: {@link addAgain} gives it its place back. */
  defer(turn: Turn<Item>): void {
    if (turn.isWaiting) return this.remove(turn)
    this.#arrive(turn)
    if (turn.within !== undefined) this.#within?.defer(turn.within)
  }

  /** Lets a turn that was put off wait again, in the place that it had by its arrival. */
  addAgain(turn: Turn<Item>): void {
    // The clock may have begun anew meanwhile.
    turn.cameAt = Math.min(turn.cameAt, this.#clock.now)
    turn.flow.waiting.insert(turn, (other) => other.order < turn.order)
    this.#onAdded(turn)
  }

  #arrive(turn: Turn<Item>): void {
    turn.cameAt = this.#clock.now
    turn.order = this.#arrivals++
  }

  #onAdded(turn: Turn<Item>): void {
    const { flow } = turn
    turn.isWaiting = true
    this.#size++
    if (flow.waiting.size > 1) {
      this.#rerank(flow)
      if (flow.isHeld) this.#release(flow)
      return
    }
    this.#flows.use(flow)
    this.#clock.enter(turn)
    flow.pace = 1 / turn.cost
    this.#pace += flow.pace
    this.#rank(flow)
    this.#ready.add(flow)
  }

  /** Takes a turn out that waits. */
  remove(turn: Turn<Item>): void {
    if (!turn.isWaiting) return
    this.#unqueue(turn)
    this.#flows.settle(turn.flow)
  }

  /** The turn to {@link start} next. `undefined` if none waits, or none may begin. */
  next(now: number): Turn<Item> | undefined {
    this.#chargeLong(now)
    for (;;) {
      const flow = this.#ready.first()
      if (flow === undefined) return undefined
      const { first } = flow.waiting
      if (first !== undefined && this.#mayBegin(first.item, flow)) return first
      this.#hold(flow)
    }
  }

  /** Passes over the flow of a turn that waits, until {@link releaseAll} or the end of its turns. */
  hold({ flow, within }: Turn<Item>): void {
    if (within !== undefined) this.#within?.hold(within)
    if (within === undefined || flow.waiting.first === undefined) this.#hold(flow)
    else this.#rerank(flow)
  }

  /** A turn that had begun has ended: its flow has used the time since then. */
  end(turn: Turn<Item>, now: number): void {
    const { flow, within } = turn
    if (within !== undefined) this.#within?.end(within, now)
    flow.end(turn, now)
    this.#forget(turn)
    if (this.#clock.counts(turn)) this.#charge(turn, Math.max(now - turn.beganAt, leastCost))
    if (flow.isHeld) this.#release(flow)
    else if (within !== undefined) this.#rerank(flow)
    this.#flows.settle(flow)
  }

  /** Asks again of each flow whether it may begin. */
  releaseAll(): void {
    this.#within?.releaseAll()
    for (const flow of this.#held) this.#release(flow)
  }

  /** Begins the turn that {@link next} has returned. */
  start(turn: Turn<Item>, now: number): void {
    const { flow, within } = turn
    if (within !== undefined) this.#within?.start(within, now)
    turn.flows = this.#ready.size + this.#held.size
    turn.usual = turn.flows / this.#pace
    this.#clock.begin(turn)
    this.#unqueue(turn)
    flow.begin(turn, now)
    if (this.#size === 0) return
    // It may end early. The clock goes back then, but not what has come by that clock meanwhile.
    const expected = Math.min(turn.cost, maxDebt)
    turn.cost = 0
    this.#charge(turn, expected)
    turn.rank = now + expected
    this.#charged.add(turn)
  }

  /** Charges turns that take longer than expected, whenever that has doubled. */
  #chargeLong(now: number): void {
    if (this.#within !== undefined) this.#within.#chargeLong(now)
    for (;;) {
      const turn = this.#charged.first()
      if (turn === undefined || turn.rank >= now) return
      if (!this.#clock.counts(turn)) {
        this.#forget(turn)
        continue
      }
      const taken = now - turn.beganAt
      this.#charge(turn, taken)
      turn.rank = now + taken
      this.#charged.changed(turn)
    }
  }

  #forget(turn: Turn<Item>): void {
    if (turn.place < 0) return
    this.#charged.remove(turn)
    turn.place = -1
  }

  #charge(turn: Turn<Item>, seconds: number): void {
    this.#clock.charge(turn, seconds)
    this.#rerank(turn.flow)
  }

  #rerank(flow: Flow<Item>): void {
    if (flow.waiting.size === 0) return
    this.#rank(flow)
    if (!flow.isHeld) this.#ready.changed(flow)
  }

  #rank(flow: Flow<Item>): void {
    const { first } = flow.waiting
    // None of its turns may begin: `next` finds that out.
    if (first === undefined) return
    flow.rank = Math.max(first.cameAt, flow.tag - tolerance)
    flow.turn = first.order
  }

  #unqueue(turn: Turn<Item>): void {
    const { flow } = turn
    turn.isWaiting = false
    flow.waiting.remove(turn)
    this.#size--
    if (flow.waiting.size > 0) return this.#rerank(flow)
    if (flow.isHeld) this.#held.remove(flow)
    else this.#ready.remove(flow)
    flow.isHeld = false
    this.#pace -= flow.pace
    if (this.#size > 0) return
    this.#pace = 0
    this.#clock.restart()
  }

  #hold(flow: Flow<Item>): void {
    if (flow.isHeld || flow.waiting.size === 0) return
    this.#ready.remove(flow)
    flow.isHeld = true
    this.#held.add(flow)
  }

  #release(flow: Flow<Item>): void {
    const { first } = flow.waiting
    if (first === undefined || !this.#mayBegin(first.item, flow)) return
    flow.isHeld = false
    this.#held.remove(flow)
    this.#rank(flow)
    this.#ready.add(flow)
  }
}

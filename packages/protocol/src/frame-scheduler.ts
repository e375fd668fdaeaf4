/** Decides what leaves when: heads at once, bodies in turns, everything of one turn in one write. */
import { FrameWriter, type Sink } from './frame-writer.ts'

/** Somebody who stands in line to send. */
export interface TurnTaker {
  /** Sends at most one frame, and stands in line again if it has more that may go. */
  takeTurn(): void
}

export interface SenderEvents {
  /** A turn begins: whatever is to leave before all bodies may be added now. */
  onTurn(): void
  /** Something that was called in a turn has thrown. */
  onMistake(error: unknown): void
}

/** What a scheduler needs of a socket. */
export interface SenderSink extends Sink {
  readonly writableLength: number
}

/** Bytes that leave in one turn of the event loop, about: so that reading is not starved. */
const maxTurnLength = 256 * 1024

/** Unsent bytes above which bodies do not ride with their heads but stand in line. */
const maxRideLength = 1024 * 1024

export class FrameScheduler {
  readonly writer: FrameWriter
  readonly #sink: SenderSink
  /** Whether bytes that the sink has taken may change. */
  readonly #mayRecycle: boolean
  readonly #events: SenderEvents
  /** In the order of their turns. */
  readonly #line: Set<TurnTaker> = new Set()
  #isScheduled = false
  #isBlocked = false
  #isStopped = false

  constructor(sink: SenderSink, mayRecycle: boolean, events: SenderEvents) {
    this.writer = new FrameWriter(sink)
    this.#sink = sink
    this.#mayRecycle = mayRecycle
    this.#events = events
  }

  /** Bytes collected, or handed to the socket, that the kernel has not taken. */
  get unsentLength(): number {
    return this.writer.length + this.#sink.writableLength
  }

  /** Whether the socket has taken what it can, and what is added waits for its drain. */
  get isBlocked(): boolean {
    return this.#isBlocked
  }

  /** Whether body bytes may go at once: nobody waits for a turn. */
  get isFree(): boolean {
    return !this.#isBlocked && this.#line.size === 0 && this.writer.length < maxTurnLength
  }

  /** Whether the beginning of a body may ride with its head, before those who wait for a turn. */
  get canPiggyback(): boolean {
    return this.unsentLength < maxRideLength
  }

  enqueue(taker: TurnTaker): void {
    this.#line.add(taker)
    this.schedule()
  }

  leaveLine(taker: TurnTaker): void {
    this.#line.delete(taker)
  }

  /** Has what was added leave at the end of this turn of the event loop. */
  schedule(): void {
    if (this.#isScheduled || this.#isBlocked || this.#isStopped) return
    this.#isScheduled = true
    setImmediate(() => this.#run())
  }

  /** The socket has written everything and can take more. */
  drained(): void {
    this.#isBlocked = false
    this.#recycle()
    this.#goOn()
  }

  /** Nothing leaves any more. */
  stop(): void {
    this.#isStopped = true
    this.#line.clear()
  }

  #run(): void {
    this.#isScheduled = false
    if (this.#isStopped) return
    try {
      this.#events.onTurn()
      this.#takeTurns()
    } catch (error) {
      this.#events.onMistake(error)
    }
    if (this.#isStopped) return
    this.#isBlocked = !this.writer.flush(maxTurnLength)
    this.#recycle()
    if (!this.#isBlocked) this.#goOn()
  }

  #recycle(): void {
    if (this.#mayRecycle && this.#sink.writableLength === 0) this.writer.recycle()
  }

  /** Who stands in line again during the walk has another turn in it, after all others. */
  #takeTurns(): void {
    for (const taker of this.#line) {
      if (this.writer.length >= maxTurnLength) return
      this.#line.delete(taker)
      taker.takeTurn()
    }
  }

  #goOn(): void {
    if (this.#line.size > 0 || this.writer.length > 0) this.schedule()
  }
}

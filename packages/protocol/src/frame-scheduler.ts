/**
 * Decides what is sent when: heads at once, bodies in turns, and all frames of an event-loop
 * iteration in one write.
 */
import { maxDataLength } from './frame.ts'
import { FrameWriter, type Sink } from './frame-writer.ts'

/** Has frames to send, and waits in the queue for its turn. */
export interface TurnTaker {
  /** Sends at most one frame, and enqueues itself again if it may send more. */
  takeTurn(): void
}

export interface SchedulerEvents {
  /** An event-loop iteration begins: frames that precede all bodies may be added now. */
  onTurn(): void
  /** `onTurn` or a taker threw an error. */
  onMistake(error: unknown): void
}

/** What a scheduler needs of a socket. */
export interface SchedulerSink extends Sink {
  readonly writableLength: number
}

/** Approximate maximum of bytes sent per event-loop iteration, so that reading is not starved. */
const maxTurnLength = 256 * 1024

/** Unsent bytes above which bodies are queued instead of sent in the frame of their head. */
const maxPiggybackUnsent = 1024 * 1024

export class FrameScheduler {
  readonly writer: FrameWriter
  readonly #sink: SchedulerSink
  /** Whether bytes that the sink has accepted may change. */
  readonly #mayRecycle: boolean
  readonly #events: SchedulerEvents
  /** In the order of their turns. */
  readonly #queue: Set<TurnTaker> = new Set()
  #isScheduled = false
  #isBlocked = false
  #isStopped = false

  constructor(sink: SchedulerSink, mayRecycle: boolean, events: SchedulerEvents) {
    this.writer = new FrameWriter(sink)
    this.#sink = sink
    this.#mayRecycle = mayRecycle
    this.#events = events
  }

  /** Bytes collected, or given to the socket, that the kernel has not accepted. */
  get unsentLength(): number {
    return this.writer.length + this.#sink.writableLength
  }

  /** Whether the socket's buffer is full, so that frames wait for its `drain` event. */
  get isBlocked(): boolean {
    return this.#isBlocked
  }

  /** Whether body bytes may be sent at once: the queue is empty. */
  get isFree(): boolean {
    return !this.#isBlocked && this.#queue.size === 0 && this.writer.length < maxTurnLength
  }

  /**
   * Whether the first bytes of a body, so many, may be sent in the frame of its head, ahead of the
   * queue. `window` is how many the peer takes.
   */
  canPiggyback(length: number, window: number): boolean {
    if (length === 0) return true
    return length <= Math.min(maxDataLength, window) && this.unsentLength < maxPiggybackUnsent
  }

  /** Adds the taker to the end of the queue. */
  enqueue(taker: TurnTaker): void {
    this.#queue.add(taker)
    this.schedule()
  }

  /** Removes the taker from the queue. */
  leave(taker: TurnTaker): void {
    this.#queue.delete(taker)
  }

  /** Writes the frames that were added, at the end of this event-loop iteration. */
  schedule(): void {
    if (this.#isScheduled || this.#isBlocked || this.#isStopped) return
    this.#isScheduled = true
    setImmediate(() => this.#run())
  }

  /** The socket has emitted `drain`. */
  drained(): void {
    this.#isBlocked = false
    this.#recycle()
    this.#goOn()
  }

  /** Sends nothing more. */
  stop(): void {
    this.#isStopped = true
    this.#queue.clear()
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

  /** A taker that enqueues itself again gets another turn in the same pass, after all others. */
  #takeTurns(): void {
    for (const taker of this.#queue) {
      if (this.writer.length >= maxTurnLength) return
      this.#queue.delete(taker)
      taker.takeTurn()
    }
  }

  #goOn(): void {
    if (this.#queue.size > 0 || this.writer.length > 0) this.schedule()
  }
}

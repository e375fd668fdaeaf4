/** Pauses a socket, and resumes it when there is no reason to wait any more. */

/** The methods of a socket that are used. */
export interface Pausable {
  pause(): unknown
  resume(): unknown
}

/**
 * Frames of one read above which nothing more is read in this event-loop iteration, so that a flood
 * of tiny frames does not block it.
 */
const maxFramesPerTurn = 1_000

/**
 * Unsent bytes above which a worker stops reading, so that a balancer that does not read its
 * responses sends no more requests. A balancer always reads, or both ends could wait for each
 * other.
 */
export const maxUnsentLength: number = 2 * 1024 * 1024

export class ReadGate {
  readonly #socket: Pausable
  readonly #mustWait: () => boolean
  #isPaused = false
  #isResting = false
  #isStopped = false

  /** `mustWait` returns whether there is a reason not to read now. */
  constructor(socket: Pausable, mustWait: () => boolean) {
    this.#socket = socket
    this.#mustWait = mustWait
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Pauses if there is a reason to, after a read of so many frames. */
  check(frames: number): void {
    if (frames > maxFramesPerTurn) this.#rest()
    if (this.#mustWait()) this.#pause()
  }

  /** Resumes, unless there is still a reason to wait. */
  open(): void {
    if (!this.#isPaused || this.#isStopped) return
    if (this.#isResting || this.#mustWait()) return
    this.#isPaused = false
    this.#socket.resume()
  }

  /** Leaves the socket as it is from now on. */
  stop(): void {
    this.#isStopped = true
  }

  #pause(): void {
    if (this.#isPaused || this.#isStopped) return
    this.#isPaused = true
    this.#socket.pause()
  }

  /** Reads nothing more in this event-loop iteration. */
  #rest(): void {
    if (this.#isResting) return
    this.#isResting = true
    setImmediate(() => {
      this.#isResting = false
      this.open()
    })
    this.#pause()
  }
}

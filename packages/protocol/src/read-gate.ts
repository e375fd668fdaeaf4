/** Pauses a socket, and resumes it once nothing stands against reading any more. */

/** What is done to a socket. */
export interface Pausable {
  pause(): unknown
  resume(): unknown
}

export class ReadGate {
  readonly #socket: Pausable
  readonly #mustWait: () => boolean
  #isPaused = false
  #isResting = false
  #isStopped = false

  /** `mustWait` tells whether there is a reason not to read now. */
  constructor(socket: Pausable, mustWait: () => boolean) {
    this.#socket = socket
    this.#mustWait = mustWait
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Reads nothing more in this turn of the event loop. */
  rest(): void {
    if (this.#isResting) return
    this.#isResting = true
    setImmediate(() => {
      this.#isResting = false
      this.open()
    })
    this.#pause()
  }

  /** Pauses if there is a reason to. */
  check(): void {
    if (this.#mustWait()) this.#pause()
  }

  /** Reads on, unless there is still a reason not to. */
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
}

/**
 * The credit of one direction of one stream, at both ends. Pure.
 *
 * Invariant: sender's credit + bytes in transit + bytes received and not yet consumed + credit owed
 * or in transit = the receiver's window. So the receiver never holds more than one window, however
 * slow its reader is.
 */

/** The sender's end: how many bytes it may still send. */
export class SendWindow {
  readonly #size: number
  #credit: number

  constructor(size: number) {
    this.#size = size
    this.#credit = size
  }

  get credit(): number {
    return this.#credit
  }

  spend(bytes: number): void {
    this.#credit -= bytes
  }

  /** Adds received credit; false if it is more than was spent. */
  widen(bytes: number): boolean {
    this.#credit += bytes
    return this.#credit <= this.#size
  }
}

/** The receiver's end: how many bytes may still arrive, and how much credit it owes. */
export class ReceiveWindow {
  readonly #size: number
  #open: number
  #owed = 0

  constructor(size: number) {
    this.#size = size
    this.#open = size
  }

  /** Bytes received and not yet consumed. */
  get unread(): number {
    return this.#size - this.#open - this.#owed
  }

  /** Counts received bytes; false if the sender had no credit for them. */
  take(bytes: number): boolean {
    this.#open -= bytes
    return this.#open >= 0
  }

  /**
   * Counts consumed bytes. Returns the credit to give now: nothing until a quarter of the window is
   * owed, so that credit takes few frames and the sender need not stop.
   */
  consume(bytes: number): number {
    if (!(bytes >= 0 && bytes <= this.unread)) {
      throw new RangeError(`consumed ${bytes} bytes where ${this.unread} are unread`)
    }
    this.#owed += bytes
    if (this.#owed * 4 < this.#size) return 0
    const credit = this.#owed
    this.#owed = 0
    this.#open += credit
    return credit
  }
}

/** Body bytes that wait to be sent, first in, first out. */

/**
 * Shared by all empty queues: most streams never queue anything, and need no array of their own.
 */
const none: Buffer[] = []

export class ByteQueue {
  #chunks: Buffer[] = none
  /** Index of the first chunk in `#chunks`: shifting a long array is slow. */
  #first = 0
  #length = 0

  /** Number of queued bytes. */
  get length(): number {
    return this.#length
  }

  push(chunk: Buffer): void {
    if (this.#chunks === none) this.#chunks = []
    this.#chunks.push(chunk)
    this.#length += chunk.length
  }

  /** Passes the first `length` queued bytes to `sink`, in pieces. */
  take(length: number, sink: (piece: Buffer) => void): void {
    this.#length -= length
    let left = length
    while (left > 0) {
      const chunk = this.#chunks[this.#first] as Buffer
      if (chunk.length > left) {
        sink(chunk.subarray(0, left))
        this.#chunks[this.#first] = chunk.subarray(left)
        return
      }
      sink(chunk)
      left -= chunk.length
      this.#first++
    }
    this.#tidy()
  }

  clear(): void {
    this.#chunks = none
    this.#first = 0
    this.#length = 0
  }

  /** Drops consumed chunks from time to time. */
  #tidy(): void {
    if (this.#length === 0) {
      this.clear()
    } else if (this.#first >= 64 && this.#first * 2 >= this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#first)
      this.#first = 0
    }
  }
}

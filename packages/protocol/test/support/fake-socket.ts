/**
 * Where a scheduler writes in unit tests: it remembers everything, and is full when a test says so.
 */
import { decodeRaw, type FrameText, toText } from './frame-text.ts'

export class FakeSocket {
  isFull = false
  writableLength = 0
  /** Bytes of each write; those under one cork are one. */
  writes: Buffer[] = []
  #corked: Buffer[] | undefined

  write(bytes: Buffer): boolean {
    if (this.isFull) this.writableLength += bytes.length
    if (this.#corked) this.#corked.push(bytes)
    else this.writes.push(bytes)
    return !this.isFull
  }

  cork(): void {
    this.#corked = []
  }

  uncork(): void {
    this.writes.push(Buffer.concat(this.#corked ?? []))
    this.#corked = undefined
  }

  drain(): void {
    this.isFull = false
    this.writableLength = 0
  }

  /** The frames written since the last call. */
  takeFrames(): FrameText[] {
    return decodeRaw(Buffer.concat(this.writes.splice(0))).map(toText)
  }
}

/** Lets everything that was put off until the end of this turn of the event loop happen. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** The streams of one connection by id, and which ids are still unused. */
import { ById } from './by-id.ts'
import { ProtocolError } from './errors.ts'
import type { Stream } from './stream.ts'

const maxStreamId = 0xffff_ffff

/**
 * Ids increase from 1 and wrap around after 2^32. A frame for an id that is ahead comes too early,
 * and one for an id that is behind and not open comes too late.
 */
export class StreamTable {
  readonly #streams: ById<Stream> = new ById()
  #lastId: number

  /** The first id is the one after `lastId`. */
  constructor(lastId = 0) {
    this.#lastId = lastId
  }

  /** Number of open streams. */
  get size(): number {
    return this.#streams.size
  }

  /** The id of the next stream that this side opens. */
  nextId(): number {
    do {
      this.#lastId = this.#lastId === maxStreamId ? 1 : this.#lastId + 1
    } while (this.#streams.has(this.#lastId))
    return this.#lastId
  }

  /** Records the id of a stream that the peer opens. */
  openedByPeer(id: number): void {
    if (id === 0 || this.#streams.has(id) || !this.#isAhead(id)) {
      throw new ProtocolError('BAD_STREAM', `a request on stream ${id}, which is not a new one`)
    }
    this.#lastId = id
  }

  add(stream: Stream): void {
    this.#streams.add(stream)
  }

  remove(stream: Stream): void {
    this.#streams.remove(stream)
  }

  /** The stream of a frame that requires an open one. */
  open(id: number): Stream {
    const stream = this.#streams.get(id)
    if (stream !== undefined) return stream
    throw new ProtocolError('BAD_STREAM', `stream ${id} is unknown or finished`)
  }

  /** The stream of a frame that may have crossed the end of the stream. */
  openOrPast(id: number): Stream | undefined {
    const stream = this.#streams.get(id)
    if (stream === undefined && (id === 0 || this.#isAhead(id))) {
      throw new ProtocolError('BAD_STREAM', `stream ${id} was never opened`)
    }
    return stream
  }

  /** Empties the table and returns its streams. */
  clear(): Stream[] {
    return this.#streams.clear()
  }

  /** Whether an id comes after the last one, modulo 2^32. */
  #isAhead(id: number): boolean {
    const distance = (id - this.#lastId) >>> 0
    return distance > 0 && distance < 0x8000_0000
  }
}

/** Decodes the chunked coding of a body (RFC 9112 §7.1). Pure. */
import { hopByHop, readLatin1 } from '@resumelb/common'
import { UpstreamFault } from './fault.ts'
import { readFields } from './fields.ts'

/** Maximum length of a chunk-size line, including extensions. */
const maxSizeLine = 16 * 1024

/** Maximum length of all trailer fields together. */
const maxTrailersLength = 64 * 1024

const [lineFeed, carriageReturn] = [10, 13]

const size = /^([0-9a-f]{1,13})[ \t]*(?:;.*)?$/i

/** Forbidden trailer fields (RFC 9110 §6.5.1), and hop-by-hop ones. */
const forbidden: ReadonlySet<string> = new Set([
  ...hopByHop,
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'host',
])

export class ChunkedBody {
  #state: 'size' | 'data' | 'dataEnd' | 'trailers' | 'over' = 'size'
  /** Bytes of the chunk that have not arrived. */
  #left = 0
  /** The beginning of an incomplete line. */
  #line = ''
  #trailers = ''

  /** Whether the last line has arrived. */
  get isOver(): boolean {
    return this.#state === 'over'
  }

  /** The trailer fields: names and values, alternating. Only at the end. */
  get trailers(): string[] {
    if (this.#trailers === '') return []
    const fields = readFields(this.#trailers, 0)
    return fields.filter((_, at) => !forbidden.has((fields[at - (at % 2)] as string).toLowerCase()))
  }

  /**
   * Reads from `start`, and passes the bytes of the body to `onData`. Returns where it stopped: at
   * the end of the bytes or of the body. Throws an {@link UpstreamFault}.
   */
  read(bytes: Buffer, start: number, onData: (piece: Buffer) => void): number {
    let at = start
    while (at < bytes.length && this.#state !== 'over') {
      if (this.#state === 'data') {
        const end = Math.min(bytes.length, at + this.#left)
        this.#left -= end - at
        if (this.#left === 0) this.#state = 'dataEnd'
        onData(bytes.subarray(at, end))
        at = end
      } else at = this.#readLine(bytes, at)
    }
    return at
  }

  #readLine(bytes: Buffer, start: number): number {
    const feed = bytes.indexOf(lineFeed, start)
    const end = feed < 0 ? bytes.length : feed
    const limit =
      this.#state === 'trailers' ? maxTrailersLength - this.#trailers.length : maxSizeLine
    if (this.#line.length + end - start > limit)
      throw new UpstreamFault('too long a line in chunks')
    this.#line += readLatin1(bytes, start, end)
    if (feed < 0) return end
    const hasReturn = this.#line.charCodeAt(this.#line.length - 1) === carriageReturn
    const line = hasReturn ? this.#line.slice(0, -1) : this.#line
    this.#line = ''
    this.#onLine(line)
    return feed + 1
  }

  #onLine(line: string): void {
    if (this.#state === 'size') this.#onSize(line)
    else if (this.#state === 'trailers') {
      if (line === '') this.#state = 'over'
      else this.#trailers += `${line}\n`
    } else if (line === '') this.#state = 'size'
    else throw new UpstreamFault('a chunk that is longer than its size')
  }

  #onSize(line: string): void {
    const digits = size.exec(line)?.[1]
    if (digits === undefined) throw new UpstreamFault('a bad size of a chunk')
    this.#left = Number.parseInt(digits, 16)
    this.#state = this.#left === 0 ? 'trailers' : 'data'
  }
}
